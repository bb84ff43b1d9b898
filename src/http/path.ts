/** The path by which a route is found. */
import { getPathNoStrict } from "hono/utils/url";

/**
 * Without a slash at its end, and with one where a base address that ends in a slash was joined to a path: `//v1/me`, `/v1//me`.
 * Anywhere else two slashes have an empty name between them, which is no other route's.
 */
export const pathOf = (request: Request): string => getPathNoStrict(request).replace(/^\/+v1\/+/, "/v1/");
