/**
 * `npm run integrations:zapier`: integrations/zapier by Zapier's own tools against a gateway with a test key: `validate`, the tests,
 * and `invoke` as a user would run them. Installs the package's tools first if they are missing.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apiWith } from "./lib/api.ts";
import { cleanUp, onEnd } from "./lib/cleanup.ts";
import { readFlags } from "./lib/flags.ts";
import { startGateway } from "./lib/gateway.ts";
import { ROOT } from "./lib/root.ts";
import { makeKey, makeTenant } from "./lib/tenant.ts";

readFlags({
  command: "npm run integrations:zapier",
  says: "Validates and tests integrations/zapier with Zapier's own tools against a gateway with a test key.",
});

const APP = join(ROOT, "integrations/zapier");
const state = mkdtempSync(join(tmpdir(), "zapier-check-"));
onEnd(() => rmSync(state, { recursive: true, force: true }));

if (!existsSync(join(APP, "node_modules"))) execFileSync("npm", ["ci"], { cwd: APP, stdio: "inherit" });
const gateway = await startGateway({ stateDir: state });
const admin = apiWith(gateway.url, gateway.adminToken);
const key = await makeKey(admin, await makeTenant(admin, "Acme"), "test", "zapier");

const env = {
  ...process.env,
  GATEWAY_URL: gateway.url,
  GATEWAY_KEY: key,
  // What `invoke` takes for the fields of the connection.
  authData_baseUrl: gateway.url,
  authData_apiKey: key,
  DISABLE_ZAPIER_ANALYTICS: "1",
};
const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: APP, env, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
const zapier = (...args: string[]): string =>
  run(process.execPath, join(APP, "node_modules/zapier-platform-cli/src/bin/run"), ...args);

run("npm", "run", "--silent", "build");
const validated = zapier("validate", "--without-style");
assert.match(validated, /No structural errors/i, validated);
console.log("ok  zapier-platform validate --without-style: no structural errors");

const tests = spawnSync(process.execPath, ["--test", "dist/test/app.test.js"], { cwd: APP, env, encoding: "utf8" });
assert.equal(tests.status, 0, tests.stdout);
console.log(`ok  ${/^# pass (\d+)$/m.exec(tests.stdout)?.[1]} tests of the app with zapier-platform-core`);

const me = zapier("invoke", "auth", "test", "--non-interactive");
assert.match(me, /"mode": ?"test"/, me);
assert.match(zapier("invoke", "auth", "label", "--non-interactive"), /Acme \(test\)/);
const input = JSON.stringify({ prompt: "make a 4 second clip of the sea", wait: "no" });
const made = zapier("invoke", "create", "make_video", "--inputData", input, "--non-interactive");
assert.match(made, /"id": ?"vid_/, made);
console.log("ok  zapier-platform invoke: auth test, auth label, create make_video");

await cleanUp();
