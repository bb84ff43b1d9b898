/** The gateway's OpenAPI documents, built in this process without a gateway. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./root.ts";

type Documents = { readonly open: object; readonly admin: object };

/** Loads a module of the Worker. By name, because its global types and Node's exclude each other in one program. */
const load = (path: string): Promise<unknown> => import(pathToFileURL(join(ROOT, "src", path)).href);

/** The public document and the operator's, for a gateway at this origin. */
export async function buildDocuments(origin: string): Promise<Documents> {
  const [app, openapi, admin] = await Promise.all([
    load("app.ts") as Promise<{ createApp: () => unknown }>,
    load("http/openapi.ts") as Promise<{
      documentOf: (app: unknown) => object;
      adminDocumentOf: (routes: unknown) => object;
    }>,
    load("routes/admin.ts") as Promise<{ ADMIN_ROUTES: unknown }>,
  ]);
  const servers = [{ url: origin }];
  return {
    open: { servers, ...openapi.documentOf(app.createApp()) },
    admin: { servers, ...openapi.adminDocumentOf(admin.ADMIN_ROUTES) },
  };
}
