/** The balance. */
import { err, ok, type Result } from "../core/result.ts";
import { garbled } from "./classify.ts";
import type { Credits } from "./domain.ts";
import type { NemoFailure } from "./failures.ts";
import { askData, type Wire } from "./http.ts";
import { numberAt } from "./read.ts";

/** GET `/api/credits/balance/simple`. `total` is `available + frozen` where upstream leaves it out. Source: nemo-api reference section 7.1. */
export async function readCredits(wire: Wire, token: string): Promise<Result<Credits, NemoFailure>> {
  const at = "credits";
  const opened = await askData(wire, { at, method: "GET", path: "/api/credits/balance/simple", token });
  if (!opened.ok) return opened;
  const { data } = opened.value;
  const available = numberAt(data, "available", "balance", "credits");
  if (available === null) return err(garbled(at, 200, "an answer without a balance"));
  const frozen = numberAt(data, "frozen") ?? 0;
  return ok({ available, frozen, total: numberAt(data, "total") ?? available + frozen });
}
