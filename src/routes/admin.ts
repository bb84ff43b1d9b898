/** The operator's routes, behind one door. Not in the public document, closed to browsers of other origins. */
import { Hono } from "hono";
import { adminDoor } from "../http/admin.ts";
import type { AppEnv } from "../http/context.ts";
import { adminKeys } from "./admin-keys.ts";
import { adminStatus } from "./admin-status.ts";
import { adminTenants } from "./admin-tenants.ts";

/** Mount under `/admin`. */
export function adminRoutes(): Hono<AppEnv> {
  const admin = new Hono<AppEnv>();
  admin.use(adminDoor);
  for (const part of [adminTenants(), adminKeys(), adminStatus()]) admin.route("/", part);
  return admin;
}
