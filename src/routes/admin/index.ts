/** The operator's routes, behind one door. Not in the public document, closed to browsers of other origins. */
import { Hono } from "hono";
import type { AppEnv } from "../../http/context.ts";
import { adminDoor } from "../../http/middleware/auth.ts";
import { adminKeys } from "./keys.ts";
import { adminStatus } from "./status.ts";
import { adminTenants } from "./tenants.ts";

/** Mount under `/admin`. */
export function adminRoutes(): Hono<AppEnv> {
  const admin = new Hono<AppEnv>();
  admin.use(adminDoor);
  for (const part of [adminTenants(), adminKeys(), adminStatus()]) admin.route("/", part);
  return admin;
}
