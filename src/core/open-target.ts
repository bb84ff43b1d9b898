/**
 * A file behind an address that somebody gave us: every address on the way is judged, redirects are followed by hand.
 *
 * Network and name look-up are handed in, so that one function serves imports, result files and tests.
 */
import { err, ok, type Result } from "./result.ts";
import { type Judge, resolveTarget, type TargetRefusal } from "./target.ts";

/** Redirects that are followed. Chosen: a shortener, a share link's three steps, and the store behind them. */
export const REDIRECTS = 5;
/** Who asks, since many hosts refuse a request that does not say so. Webhooks carry it, too. */
export const USER_AGENT = "nemo-gateway/1";
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

export type Reach = Judge & {
  /** Sent with every request on the way. Never a credential: it would go to whoever is redirected to. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly send: (request: Request) => Promise<Response>;
};

export type OpenFailure = TargetRefusal | "too_many_redirects";

/**
 * GET of an address: the first answer that is not a redirect, whatever its status, its body unread. Carries no credential.
 * Refuses an address that `resolveTarget` refuses, the given one or one it redirects to, and one redirect more than `REDIRECTS`.
 * Throws what the network throws, an `AbortError` when the signal fired.
 */
export async function openTarget(
  address: string,
  signal: AbortSignal,
  { headers = {}, send, ...judge }: Reach,
): Promise<Result<Response, OpenFailure>> {
  const sent = { "user-agent": USER_AGENT, ...headers };
  let next = address;
  for (let hop = 0; hop <= REDIRECTS; hop += 1) {
    const target = await resolveTarget(next, judge);
    if (!target.ok) return target;
    const response = await send(new Request(target.value.href, { headers: sent, redirect: "manual", signal }));
    const location = response.headers.get("location");
    if (!REDIRECT_STATUSES.includes(response.status) || location === null) return ok(response);
    await response.body?.cancel();
    if (!URL.canParse(location, target.value.href)) return err("unreadable");
    next = new URL(location, target.value.href).href;
  }
  return err("too_many_redirects");
}
