/** Signed download links. They are made whenever a resource leaves the object and are stored nowhere. */
import type { Scope } from "../../core/address.ts";
import { linkSigner } from "../../core/crypto.ts";
import { type Download, hasDownload, type LinkMaker, type Signed, withDownload } from "../../core/download.ts";
import type { Page } from "../../core/rpc/user.ts";
import type { EpochMs } from "../../core/time.ts";
import type { Metered } from "../../core/usage/quota.ts";
import type { ObjectRuntime } from "./context.ts";

/** A resource that shows a file and has no link yet. */
type Showing = { readonly download: Download | null };

export class Downloads {
  readonly #now: () => EpochMs;
  readonly #maker: LinkMaker;

  /** The key is derived once per instance, when the first link is signed. */
  constructor({ config, now }: Pick<ObjectRuntime, "config" | "now">, { tenant, mode }: Scope) {
    this.#now = now;
    this.#maker = { scope: { tenant, mode }, publicUrl: config.publicUrl, sign: linkSigner(config.roots) };
  }

  one<T extends Showing>(resource: T, at: EpochMs = this.#now()): Promise<Signed<T>> {
    return withDownload(resource, this.#maker, at);
  }

  /** Signs a successful answer and keeps what it carries besides its value. */
  async answer<T extends Showing>(given: Metered<T> | Promise<Metered<T>>): Promise<Metered<Signed<T>>> {
    const answer = await given;
    return answer.ok ? { ...answer, value: await this.one(answer.value) } : answer;
  }

  async page<T extends Showing>({ data, ...page }: Page<T>): Promise<Page<Signed<T>>> {
    return { ...page, data: await Promise.all(data.map((resource) => this.one(resource))) };
  }

  /** Stored data of any kind; data without a file is returned unchanged. */
  async data(data: Record<string, unknown>, at?: EpochMs): Promise<Record<string, unknown>> {
    return hasDownload(data) ? this.one(data, at) : data;
  }
}
