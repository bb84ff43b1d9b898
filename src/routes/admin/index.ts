/** The operator's routes. They require the admin token, are not in the OpenAPI document and send no CORS headers. */
import { Hono } from "hono";
import type { AppEnv } from "../../http/context.ts";
import { adminAuth } from "../../http/middleware/auth.ts";
import { adminKeys } from "./keys.ts";
import { adminStatus } from "./status.ts";
import { adminTenants } from "./tenants.ts";

/** The admin app; mount it under `/admin`. */
export function adminRoutes(): Hono<AppEnv> {
  const admin = new Hono<AppEnv>();
  admin.use(adminAuth);
  for (const part of [adminTenants(), adminKeys(), adminStatus()]) admin.route("/", part);
  return admin;
}
