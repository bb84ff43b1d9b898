/** The hallway: middleware in order, routes mounted, errors and unknown paths answered, the document served. No logic. */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Api, AppEnv } from "./http/context.ts";
import { openCors } from "./http/cors.ts";
import { documentOf } from "./http/document.ts";
import { refuseInvalid } from "./http/invalid.ts";
import { methodOverride } from "./http/method-override.ts";
import { missingOf } from "./http/missing.ts";
import { pathOf } from "./http/path.ts";
import { onError } from "./http/problem.ts";
import { errorList, referenceFile, referencePage, referenceStart } from "./http/reference.ts";
import { requestLog } from "./http/request-log.ts";
import { setup, stamp } from "./http/setup.ts";
import { sizeLimits } from "./http/size.ts";
import { uploadHeaders, uploadVersion } from "./http/upload-headers.ts";
import { adminRoutes } from "./routes/admin.ts";
import { mountAssets } from "./routes/assets.ts";
import { mountAuditLog } from "./routes/audit-log.ts";
import { mountBatches } from "./routes/batches.ts";
import { mountCredits } from "./routes/credits.ts";
import { mountDeliveries } from "./routes/deliveries.ts";
import { mountEvents } from "./routes/events.ts";
import { mountGenerators } from "./routes/generators.ts";
import { mountHealth } from "./routes/health.ts";
import { mountHooks } from "./routes/hooks.ts";
import { mountKeys } from "./routes/keys.ts";
import { mountLinks } from "./routes/links.ts";
import { mountMakings } from "./routes/makings.ts";
import { mountMe } from "./routes/me.ts";
import { mountNemoToken } from "./routes/nemo-token.ts";
import { mountProjects } from "./routes/projects.ts";
import { mountRenders } from "./routes/renders.ts";
import { mountTurnEvents } from "./routes/turn-events.ts";
import { mountTurns } from "./routes/turns.ts";
import { mountUploadImport } from "./routes/upload-import.ts";
import { mountUploadResource } from "./routes/upload-resource.ts";
import { mountUploads } from "./routes/uploads.ts";
import { mountUsage } from "./routes/usage.ts";
import { mountUsers } from "./routes/users.ts";
import { mountVideoEvents } from "./routes/video-events.ts";
import { mountVideos } from "./routes/videos.ts";
import { mountWebhookEndpoints } from "./routes/webhook-endpoints.ts";
import { mountWebhookSecrets } from "./routes/webhook-secrets.ts";

/** Every collection of the public API, in the order of the document. */
const COLLECTIONS = [
  mountMe,
  mountUsers,
  mountKeys,
  mountAuditLog,
  mountUsage,
  mountProjects,
  mountTurns,
  mountTurnEvents,
  mountUploads,
  mountUploadImport,
  mountUploadResource,
  mountAssets,
  mountRenders,
  mountLinks,
  mountVideos,
  mountVideoEvents,
  mountBatches,
  mountGenerators,
  mountMakings,
  mountCredits,
  mountNemoToken,
  mountWebhookEndpoints,
  mountWebhookSecrets,
  mountHooks,
  mountEvents,
  mountDeliveries,
  mountHealth,
];

export function createApp(): Api {
  const app = new OpenAPIHono<AppEnv>({ getPath: pathOf, defaultHook: (outcome) => refuseInvalid(outcome) });
  app.onError(onError);
  app.notFound(missingOf(app));

  app.use("/v1/uploads/:id", methodOverride(app));
  app.use(stamp, requestLog, setup, sizeLimits);
  app.use("/v1/uploads/*", uploadHeaders);
  for (const path of ["/v1/*", "/f/*", "/openapi.json"]) app.use(path, openCors);
  app.use("/v1/uploads/*", uploadVersion);

  for (const mount of COLLECTIONS) mount(app);
  app.route("/admin", adminRoutes());

  app.get("/openapi.json", documentOf(app));
  app.get("/docs", referencePage);
  app.get("/docs/start.js", referenceStart);
  app.get("/docs/errors", errorList);
  app.get("/docs/:file", referenceFile);
  return app;
}
