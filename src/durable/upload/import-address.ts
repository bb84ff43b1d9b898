/** The address of an import: whom it is sealed for, and how it is opened as a file. */
import { importOwner } from "../../core/address.ts";
import { type OpenFailure, openTarget } from "../../core/open-target.ts";
import type { Call } from "../../core/ports.ts";
import type { Result } from "../../core/result.ts";
import { unseal } from "../../core/seal.ts";
import type { TargetRules } from "../../core/target.ts";
import type { Config } from "../../env.ts";
import type { Ground } from "../ground.ts";
import type { Upload } from "./record.ts";

/** What is judged by: our own hosts are those that are set, and the one this caller reaches us at. */
export function rulesOf({ targets }: Config, { origin }: Call): TargetRules {
  const own = URL.canParse(origin) ? [new URL(origin).hostname] : [];
  return { ...targets.rules, ownHosts: [...targets.rules.ownHosts, ...own] };
}

export const addressOwner = ({ owner, id }: Upload): string => importOwner(owner, id);

/** The address in plain; null once it is forgotten, or when the root secret that sealed it is gone. */
export async function readAddress(ground: Ground, upload: Upload): Promise<string | null> {
  const sealed = upload.import?.address ?? null;
  return sealed === null ? null : unseal(sealed, addressOwner(upload), ground.config.roots);
}

/** The answer at the end of the address, asked for as it is: what arrives is what is counted and kept. Throws what the network throws. */
export function openAddress(
  { config }: Ground,
  { call }: Upload,
  address: string,
  signal: AbortSignal,
): Promise<Result<Response, OpenFailure>> {
  return openTarget(address, signal, {
    rules: rulesOf(config, call),
    resolve: config.targets.resolve,
    headers: { accept: "video/*, image/*, audio/*, */*;q=0.5", "accept-encoding": "identity" },
    send: (request) => fetch(request),
  });
}
