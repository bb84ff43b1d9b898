/**
 * The router of the app: Hono's RegExpRouter, once for literal paths and once for paths with parameters.
 *
 * RegExpRouter is several times faster than TrieRouter but rejects a literal path beside a parameter (`/v1/uploads/import`
 * beside `/v1/uploads/:id`), and Hono's default router then uses TrieRouter for every request. Middleware (`/v1/*`) is added to
 * both. A literal path is answered by its own routes only: another method there is 405.
 */
import type { Result, Router } from "hono/router";
import { RegExpRouter } from "hono/router/reg-exp-router";

export class LiteralFirstRouter<T> implements Router<T> {
  readonly name = "LiteralFirstRouter";
  readonly #literal = new RegExpRouter<T>();
  readonly #parameters = new RegExpRouter<T>();
  readonly #literalPaths = new Set<string>();

  add(method: string, path: string, handler: T): void {
    const isMiddleware = path.includes("*");
    const isLiteral = !isMiddleware && !path.includes("/:");
    if (isLiteral) this.#literalPaths.add(path);
    if (isMiddleware || isLiteral) this.#literal.add(method, path, handler);
    if (isMiddleware || !isLiteral) this.#parameters.add(method, path, handler);
  }

  match(method: string, path: string): Result<T> {
    return (this.#literalPaths.has(path) ? this.#literal : this.#parameters).match(method, path);
  }
}
