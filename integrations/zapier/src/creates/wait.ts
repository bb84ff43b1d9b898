/** Creates that may wait: the gateway calls Zapier back when what they started has ended. */
import { createHash } from "node:crypto";
import type { Bundle, PlainInputField, ZObject } from "zapier-platform-core";

type Data = Record<string, unknown>;

export const waitField: PlainInputField = {
  key: "wait",
  label: "Wait for the End",
  type: "boolean",
  required: false,
  default: "true",
  helpText:
    "Yes: the next step runs when this has ended, and gets the result. No: the next step runs at once, with the ID.",
};

/** Zapier's ways to write no. */
const isNo = (value: unknown): boolean => ["false", "no", "0"].includes(String(value).trim().toLowerCase());

/**
 * Starts something and, unless the user said no, has the gateway call back. The callback's address is that of this run of this
 * step, so it also names the request: a repeated try finds what the first one made.
 */
export async function start(z: ZObject, bundle: Bundle, url: string, body: Data): Promise<Data> {
  if (isNo(bundle.inputData.wait)) return (await z.request({ method: "POST", url, body })).data;
  // Undefined where nothing can be resumed: `zapier-platform invoke` on a developer's machine.
  const callback_url: string | undefined = z.generateCallbackUrl();
  if (callback_url === undefined) return (await z.request({ method: "POST", url, body })).data;
  const key = createHash("sha256").update(callback_url).digest("hex");
  const headers = { "Idempotency-Key": `zapier-${key}` };
  return (await z.request({ method: "POST", url, body: { ...body, callback_url }, headers })).data;
}

type Failure = { code?: string; title?: string; detail?: string; hint?: string };

/** The end, from the gateway's callback. What failed stops the Zap with the gateway's own explanation. */
export function resume(z: ZObject, bundle: Bundle): Data {
  const data = (bundle.cleanedRequest?.data ?? {}) as Data;
  const result = { ...bundle.outputData, ...data };
  if (data.status === "failed" || data.status === "cancelled") {
    const { code = String(data.status), title, detail, hint } = (data.error ?? {}) as Failure;
    const next = hint === undefined ? "" : ` Next step: ${hint}`;
    throw new z.errors.Error(`${detail ?? title ?? `It was ${data.status}.`}${next}`, code, 200);
  }
  return result;
}
