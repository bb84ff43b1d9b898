/**
 * Preloaded by `npm test`: imports of wrangler and miniflare read the names of their exports from the loaded module.
 *
 * Both are CommonJS bundles of megabytes. Node parses all of such a file in JavaScript to find the names, which took longer than
 * to load it.
 */
import { createRequire, registerHooks } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);
const BUNDLES = new Set(["wrangler", "miniflare"].map((name) => pathToFileURL(require.resolve(name)).href));

registerHooks({
  load(url, context, next) {
    if (!BUNDLES.has(url) || context.conditions.includes("require")) return next(url, context);
    const names = Object.keys(require(fileURLToPath(url))).filter((name) => name !== "default");
    const source = `
      import { createRequire } from "node:module";
      const loaded = createRequire(${JSON.stringify(url)})(${JSON.stringify(fileURLToPath(url))});
      export default loaded;
      export const { ${names.join(", ")} } = loaded;`;
    return { format: "module", source, shortCircuit: true };
  },
});
