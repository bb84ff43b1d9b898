/** Upstream with some of its answers replaced, for one user at a time, so that tests can run at once. */
import { vi } from "vitest";
import { type UserAddress, userObjectName } from "../../src/core/address.ts";
import { SandboxObject } from "../../src/sandbox/object.ts";

/** The answer to a request, or `real()`, what the sandbox answers. */
export type UpstreamAnswer = (request: Request, real: () => Promise<Response>) => Promise<Response>;

const answers = new Map<string | undefined, UpstreamAnswer>();
let replaced: SandboxObject["fetch"] | null = null;

/** Every request that reaches this user's sandbox goes through `answer`, until `vi.restoreAllMocks()`. */
export function replaceUpstream(address: UserAddress, answer: UpstreamAnswer): void {
  answers.set(userObjectName(address), answer);
  const { fetch } = SandboxObject.prototype;
  if (fetch === replaced) return;
  vi.spyOn(SandboxObject.prototype, "fetch").mockImplementation(function (this: SandboxObject, request) {
    const real = (): Promise<Response> => fetch.call(this, request);
    const { ctx } = this as unknown as { readonly ctx: DurableObjectState }; // protected
    return answers.get(ctx.id.name)?.(request, real) ?? real();
  });
  replaced = SandboxObject.prototype.fetch;
}
