import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../../scripts/lib/root.ts";
import { PACKAGES } from "../../scripts/lib/test-packages.ts";

const IN_WORKERD = ["src/**/*.ts", "test/{support,core,nemo,sandbox,http,routes,durable,store,jobs}/**/*.ts"];
const IMPORT = /^(?:import|export|\}) (?:.* )?from "((?!\.|cloudflare:|node:|vitest")[^"]+)";$/gm;

it("the packages that Vite prepares are those that sources and tests in workerd import", () => {
  const files = globSync(IN_WORKERD, { cwd: ROOT });
  const imported = files.flatMap((file) =>
    [...readFileSync(join(ROOT, file), "utf8").matchAll(IMPORT)].map(([, name]) => name),
  );
  expect([...new Set(imported)].sort()).toEqual(PACKAGES);
});
