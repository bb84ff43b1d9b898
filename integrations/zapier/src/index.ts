/** The Zapier app of nemo-gateway. */
import { createRequire } from "node:module";
import zapier, { defineApp } from "zapier-platform-core";
import { authentication } from "./authentication.js";
import { creates } from "./creates/index.js";
import { addGateway, throwProblems } from "./middleware.js";
import { findVideo } from "./searches/find-video.js";
import { eventTriggers } from "./triggers/events.js";
import { listTriggers } from "./triggers/lists.js";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

export default defineApp({
  version,
  platformVersion: zapier.version,
  authentication,
  beforeRequest: [addGateway],
  afterResponse: [throwProblems],
  triggers: { ...eventTriggers, ...listTriggers },
  creates,
  searches: { [findVideo.key]: findVideo },
});
