/** What no route answers: an unknown path, or a known path with another method. */

import { refusal } from "../core/errors.ts";
import { ApiError, apiError } from "./api-error.ts";
import type { Api, Ctx } from "./context.ts";
import { onError } from "./problem.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** The `notFound` of an app: 405 with `Allow` when the path exists, else 404. */
export const missingOf =
  (app: Api) =>
  (c: Ctx): Response => {
    const allowed = METHODS.filter((method) => answers(app, method, c.req.path));
    if (allowed.length === 0) {
      const near = nearest(app, c.req.path);
      const detail =
        near.length === 0 ? "No route has this path." : `No route has this path. Near it: ${near.join(", ")}.`;
      return onError(apiError("not_found", detail, { hint: near[0] ?? "GET /docs" }), c);
    }
    const allow = allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", ");
    const wrong = refusal("method_not_allowed", `${c.req.method} is not offered here; this path answers ${allow}.`);
    return onError(new ApiError(wrong, { Allow: allow }), c);
  };

/** Routes that a refusal names. */
const NEAR_ROUTES = 4;
/** Letters in which the name of a collection may differ: `video`, `vidoes`. */
const NEAR_LETTERS = 2;
const NAME_CHARS = 30;

/** The routes that a mistaken path may have meant: of the collection whose name is nearest, those of like length first. */
function nearest(app: Api, path: string): string[] {
  const steps = path.split("/", 8).filter((step) => step !== "" && !/^(v\d+|api)$/i.test(step));
  const name = (steps[0] ?? "").toLowerCase().replaceAll("-", "_").slice(0, NAME_CHARS);
  if (name === "") return [];
  const routes = app.openAPIRegistry.definitions.flatMap((one) => (one.type === "route" ? [one.route] : []));
  const distances = routes.map((route) => ({ route, far: distance(name, collectionOf(route.path)) }));
  const least = Math.min(NEAR_LETTERS + 1, ...distances.map(({ far }) => far));
  if (least > NEAR_LETTERS) return [];
  const found = distances.filter(({ far }) => far === least).map(({ route }) => route);
  const byLength = (one: string) => Math.abs(one.split("/").length - 2 - steps.length);
  const named = found
    .filter(({ method }) => method !== "head")
    .sort((a, b) => byLength(a.path) - byLength(b.path))
    .map((route) => `${route.method.toUpperCase()} ${route.path}`);
  return [...new Set(named)].slice(0, NEAR_ROUTES);
}

const collectionOf = (path: string): string => path.split("/").find((step) => step !== "" && step !== "v1") ?? "";

/** Letters to change, add or leave out between two short names (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (const [index, wanted] of [...other].entries())
      next.push(
        Math.min((row[index] ?? 0) + (letter === wanted ? 0 : 1), (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** A route of this very method, not only middleware, matches the path. */
const answers = (app: Api, method: string, path: string): boolean =>
  app.router.match(method, path)[0].some(([[, route]]) => route.method === method);
