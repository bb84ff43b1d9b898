/** Who upstream is told is calling: its three `X-Skill-` headers, which are never absent. */
import type { AttributionWire } from "./wire/attribution.ts";

/** `X-Skill-Source`, `X-Skill-Version`, `X-Skill-Platform`. */
export type Attribution = { readonly source: string; readonly version: string; readonly platform: string };

/** Nothing named in any part. */
export const NO_ATTRIBUTION: AttributionWire = { source: null, version: null, platform: null };

/** What is said where nobody says anything. */
const OURS: Attribution = { source: "nemo-gateway", version: "1", platform: "unknown" };

/** Each part from the first that names it: a generator before its tenant, a tenant before us. */
export function attributionOf(...told: readonly (AttributionWire | null | undefined)[]): Attribution {
  const part = (name: keyof Attribution): string =>
    told.map((one) => one?.[name] ?? null).find((value) => value !== null) ?? OURS[name];
  return { source: part("source"), version: part("version"), platform: part("platform") };
}
