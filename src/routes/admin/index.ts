/** The operator's routes. They require the admin token, have an OpenAPI document of their own and send no CORS headers. */
import { Hono } from "hono";
import type { AppEnv } from "../../http/context.ts";
import { adminAuth } from "../../http/middleware/auth.ts";
import { adminDocumentOf, serveDocument } from "../../http/openapi.ts";
import { ADMIN_ROUTES } from "./document.ts";
import { adminKeys } from "./keys.ts";
import { adminStatus } from "./status.ts";
import { adminTenants } from "./tenants.ts";

/** The admin app; mount it under `/admin`. */
export function adminRoutes(): Hono<AppEnv> {
  const admin = new Hono<AppEnv>();
  admin.use(adminAuth);
  for (const part of [adminTenants(), adminKeys(), adminStatus()]) admin.route("/", part);
  admin.get(
    "/openapi.json",
    serveDocument(() => adminDocumentOf(ADMIN_ROUTES)),
  );
  return admin;
}
