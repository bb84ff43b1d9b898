/** The address a caller gave with what it ordered, to be told its end. */
import type { Refusal } from "../../core/errors.ts";
import { refuseTarget } from "../../core/target.ts";
import type { Home } from "./home.ts";

/** Why the body's `callback_url` cannot be used; null when it can, or when there is none. */
export const refuseCallback = (
  { ground }: Home,
  body: { readonly callback_url?: string | undefined },
): Refusal | null =>
  body.callback_url === undefined
    ? null
    : refuseTarget(body.callback_url, "/callback_url", ground.config.targets.rules);
