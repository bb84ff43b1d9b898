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
    if (allowed.length === 0)
      return onError(apiError("not_found", "No route has this path.", { hint: "GET /openapi.json" }), c);
    const allow = allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", ");
    const wrong = refusal("method_not_allowed", `${c.req.method} is not offered here; this path answers ${allow}.`);
    return onError(new ApiError(wrong, { Allow: allow }), c);
  };

/** A route of this very method, not only middleware, matches the path. */
const answers = (app: Api, method: string, path: string): boolean =>
  app.router.match(method, path)[0].some(([[, route]]) => route.method === method);
