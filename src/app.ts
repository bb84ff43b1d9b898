/** The HTTP application: middleware in order, routes, the errors of unknown paths, and the API document. No logic. */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Api, AppEnv } from "./http/context.ts";
import { missingOf } from "./http/define-route.ts";
import { mountDocs, pageOr } from "./http/docs.ts";
import { openCors } from "./http/middleware/cors.ts";
import { sizeLimits } from "./http/middleware/limits.ts";
import { requestLog } from "./http/middleware/log.ts";
import { setup, stamp } from "./http/middleware/setup.ts";
import { documentOf, serveDocument } from "./http/openapi.ts";
import { checkInvalid, onError } from "./http/problem.ts";
import { LiteralFirstRouter, methodOverride, pathOf } from "./http/router.ts";
import { uploadHeaders, uploadVersion } from "./http/upload-headers.ts";
import { mountAuditLog, mountCredits, mountUsage } from "./routes/account.ts";
import { adminRoutes } from "./routes/admin.ts";
import { mountAssets } from "./routes/assets.ts";
import { mountBatches } from "./routes/batches.ts";
import { mountConsole } from "./routes/console.ts";
import { mountDeliveries, mountEvents } from "./routes/deliveries.ts";
import { mountGeneratorJobs, mountGenerators } from "./routes/generators.ts";
import { mountHealth } from "./routes/health.ts";
import { mountHooks } from "./routes/hooks.ts";
import { mountKeys } from "./routes/keys.ts";
import { mountLinks } from "./routes/links.ts";
import { mcpErrors, mountMcp } from "./routes/mcp.ts";
import { mountNemoToken } from "./routes/nemo-token.ts";
import { mountOauth } from "./routes/oauth.ts";
import { mountProjects } from "./routes/projects.ts";
import { mountRenders } from "./routes/renders.ts";
import { mountTurnEvents, mountTurns } from "./routes/turns.ts";
import { mountUploadImport, mountUploadLinks, mountUploads } from "./routes/uploads/json.ts";
import { mountUploadResource } from "./routes/uploads/resumable.ts";
import { mountMe, mountUsers } from "./routes/users.ts";
import { mountVideoEvents, mountVideos } from "./routes/videos.ts";
import { mountWebhookEndpoints, mountWebhookSecrets } from "./routes/webhooks.ts";

/** All routes of the public API, in the order of the document. */
const COLLECTIONS = [
  mountVideos,
  mountVideoEvents,
  mountProjects,
  mountTurns,
  mountTurnEvents,
  mountUploads,
  mountUploadImport,
  mountUploadResource,
  mountAssets,
  mountRenders,
  mountLinks,
  mountGenerators,
  mountGeneratorJobs,
  mountBatches,
  mountWebhookEndpoints,
  mountWebhookSecrets,
  mountHooks,
  mountEvents,
  mountDeliveries,
  mountUsers,
  mountKeys,
  mountAuditLog,
  mountMe,
  mountUsage,
  mountCredits,
  mountNemoToken,
  mountHealth,
];

/** What OAuth clients in web pages ask for. */
const OAUTH = ["/.well-known/*", "/token", "/register"];

export function createApp(): Api {
  const app = new OpenAPIHono<AppEnv>({
    router: new LiteralFirstRouter(),
    getPath: pathOf,
    defaultHook: (outcome) => checkInvalid(outcome),
  });
  app.onError(onError);
  app.notFound(pageOr(missingOf(app)));

  app.use("/v1/uploads/:id", methodOverride(app));
  app.use(stamp, requestLog);
  app.use("/mcp", mcpErrors);
  app.use(setup, sizeLimits);
  app.use("/v1/uploads/*", uploadHeaders);
  for (const path of ["/v1/*", "/f/*", "/openapi.json", "/mcp", "/u/*", ...OAUTH]) app.use(path, openCors);
  app.use("/v1/uploads/*", uploadVersion);

  for (const mount of COLLECTIONS) mount(app);
  app.route("/admin", adminRoutes());
  mountMcp(app);
  mountOauth(app);
  mountUploadLinks(app);
  mountConsole(app);

  app.get(
    "/openapi.json",
    serveDocument(() => documentOf(app)),
  );
  mountDocs(app);
  return app;
}
