/** The Durable Object of a sandbox: one per tenant, mode and user, named by the caller, with its records in SQLite. */
import { DurableObject } from "cloudflare:workers";
import { createSandbox } from "./app.ts";
import type { SandboxApp } from "./context.ts";
import { sqlStore } from "./store-sql.ts";

export type SandboxObjectEnv = {
  /** Divides every duration of work; a number as text, "1" if missing. */
  readonly TIME_SCALE?: string;
};

export class SandboxObject extends DurableObject<SandboxObjectEnv> {
  readonly #app: SandboxApp;

  constructor(ctx: DurableObjectState, env: SandboxObjectEnv) {
    super(ctx, env);
    const scale = Math.max(1, Number(env.TIME_SCALE ?? "1") || 1);
    this.#app = createSandbox({ store: sqlStore(ctx.storage.sql), seed: ctx.id.name ?? "sandbox", scale });
  }

  /** The Nemo API on any origin; URLs of results have the origin of the request. */
  override async fetch(request: Request): Promise<Response> {
    return this.#app.fetch(request);
  }
}
