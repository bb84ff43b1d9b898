/** Whether an order for a video can be made here at all. */
import { fieldWords, type Refusal, refusal } from "../../core/errors.ts";
import { userHashOf } from "../../core/ids.ts";
import { isAttested } from "../../core/render.ts";
import { refuseTarget } from "../../core/target.ts";
import type { NamedOrder } from "../../core/video-life.ts";
import type { Assets } from "./assets.ts";
import { refuseCallback } from "./callback.ts";
import { type Home, originOf } from "./home.ts";
import { noProject, type Projects } from "./projects.ts";
import { unattested } from "./render-show.ts";

/**
 * Why an order can never be made: its project or a file of it is not here, its output or callback is not offered. A file
 * that is still uploaded may come. Null when nothing speaks against it.
 */
export function refuseOrder(
  home: Home,
  projects: Projects,
  assets: Assets,
  order: NamedOrder,
  named: boolean,
): Refusal | null {
  const { sources, project, output, callback } = order;
  if (project !== null && projects.find(project) === null) return noProject();
  if (!isAttested(output) && !home.ground.config.allowUnattestedOutput) return unattested();
  const unreachable = refuseCallback(home, { callback_url: callback ?? undefined });
  if (unreachable !== null) return unreachable;
  for (const [at, source] of sources.entries()) {
    const refused = "url" in source ? refuseAddress(home, source.url, at) : null;
    if (refused !== null) return refused;
  }
  const at = sources.findIndex((source) => {
    if ("url" in source) return false;
    const { asset, upload } = source;
    const own = userHashOf(asset) === home.address.uh;
    return own ? upload === null && assets.find(asset) === null : named;
  });
  return at < 0 ? null : noFile(at);
}

function refuseAddress(home: Home, url: string, at: number): Refusal | null {
  const origin = home.database.exists() ? originOf(home) : ""; // of a user that nobody wrote for none is known
  const own = URL.canParse(origin) ? [new URL(origin).hostname] : [];
  const { rules } = home.ground.config.targets;
  const refused = refuseTarget(url, `/assets/${at}`, { ...rules, ownHosts: [...rules.ownHosts, ...own] });
  return refused === null ? null : { ...refused, detail: fieldWords(refused.errors ?? []) }; // says which of several
}

function noFile(at: number): Refusal {
  const message = "names a file that is not here; upload it first";
  const errors = [{ field: `/assets/${at}`, message }];
  return refusal("invalid_request", `/assets/${at} ${message}.`, { errors, charged: "no", hint: "POST /v1/uploads" });
}
