/** The root secrets of a configuration. */
import type { RootSecrets } from "../core/derive.ts";
import type { Config } from "../env.ts";

export const rootsOf = (config: Config): RootSecrets => ({
  current: config.rootSecret,
  previous: config.rootSecretPrevious,
});
