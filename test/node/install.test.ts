/** What installs the packages before a command: a project of two versions of one package, the real npm, no network. */
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../../scripts/lib/root.ts";

/** The Node of the machine, which runs this before the project's own is there. */
const env = {
  ...process.env,
  PATH: (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !folder.includes("node_modules"))
    .join(delimiter),
};

const scratch = mkdtempSync(join(tmpdir(), "install-test-"));
const context = join(scratch, "project");
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

type Ended = { readonly code: number | null; readonly output: string };

function run(command: string, args: readonly string[], cwd: string): Promise<Ended> {
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  return new Promise((settle) => child.on("close", (code) => settle({ code, output })));
}

const install = (): Promise<Ended> => run("node", [join(context, "scripts/install.mjs")], context);
const installed = (): string =>
  JSON.parse(readFileSync(join(context, "node_modules/thing/package.json"), "utf8")).version;
const lock = join(context, ".state/install.lock");

function write(folder: string, name: string, value: unknown): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), typeof value === "string" ? value : JSON.stringify(value));
}

/** The project as a commit has it that depends on this version. */
function checkOut(version: string): void {
  for (const name of ["package.json", "package-lock.json"])
    write(context, name, readFileSync(join(scratch, `project-${version}`, name), "utf8"));
}

beforeAll(async () => {
  write(join(context, "scripts"), "install.mjs", readFileSync(join(ROOT, "scripts/install.mjs"), "utf8"));
  for (const version of ["1.0.0", "2.0.0"]) {
    const thing = join(scratch, `thing-${version}`);
    write(thing, "package.json", { name: "thing", version, bin: { node: "node" } });
    write(thing, "node", `#!/bin/sh\necho "by thing ${version}"\nexec node "$@"\n`);
    chmodSync(join(thing, "node"), 0o755);
    expect(await run("npm", ["pack", "--silent", "--pack-destination", scratch], thing)).toMatchObject({ code: 0 });
    const project = join(scratch, `project-${version}`);
    const dependencies = { thing: `file:../thing-${version}.tgz` };
    write(project, "package.json", { name: "project", version: "1.0.0", dependencies });
    expect(await run("npm", ["install", "--package-lock-only", "--no-audit"], project)).toMatchObject({ code: 0 });
  }
  checkOut("1.0.0");
});

describe("installing what is missing", () => {
  it("installs once if several start on a fresh machine, and says so", async () => {
    const ends = await Promise.all([install(), install(), install()]);
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(ends.filter(({ output }) => output.includes("node_modules is missing: installing"))).toHaveLength(1);
    expect(installed()).toBe("1.0.0");
    expect(existsSync(lock)).toBe(false);
  });

  it("says and does nothing if everything is there", async () => {
    expect(await install()).toEqual({ code: 0, output: "" });
  });

  it("installs what a pull has changed", async () => {
    checkOut("2.0.0");
    const { code, output } = await install();
    expect([code, installed()]).toEqual([0, "2.0.0"]);
    expect(output).toContain("thing is not 2.0.0: installing");
  });

  it("runs the given script with the packaged Node and its arguments, and ends with its status", async () => {
    write(join(context, "scripts"), "a.mjs", "console.log(process.argv.slice(2)); process.exit(7);");
    rmSync(join(context, "node_modules"), { recursive: true });
    const ran = await run("node", [join(context, "scripts/install.mjs"), "scripts/a.mjs", "--port", "1"], scratch);
    expect(ran.code).toBe(7);
    expect(ran.output).toMatch(/node_modules is missing: installing[\s\S]*by thing 2\.0\.0\n\[ '--port', '1' \]/);
    const none = await run("node", [join(context, "scripts/install.mjs"), "scripts/none.mjs"], context);
    expect([none.code, none.output]).toEqual([1, expect.stringContaining('"scripts/none.mjs" is no script')]);
  });

  it("passes a signal on to the script, and ends when that has ended", async () => {
    const timings = `process.on("SIGTERM", () => setTimeout(() => { console.log("cleaned up"); process.exit(143); }, 100));
      console.log("here"); setInterval(() => {}, 1000);`;
    write(join(context, "scripts"), "b.mjs", timings);
    const child = spawn("node", [join(context, "scripts/install.mjs"), "scripts/b.mjs"], { cwd: context, env });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += String(chunk);
      if (String(chunk).includes("here")) child.kill("SIGTERM");
    });
    expect(await new Promise((settle) => child.on("close", settle))).toBe(143);
    expect(output).toContain("cleaned up");
  });

  it("installs again what was removed, or not installed to its end", async () => {
    rmSync(join(context, "node_modules/thing"), { recursive: true });
    expect((await install()).output).toContain("thing is missing: installing");
    rmSync(join(context, "node_modules/.package-lock.json"));
    expect((await install()).output).toContain("an installation has not ended: installing");
    expect(installed()).toBe("2.0.0");
  });

  it("waits for a run that installs, and replaces one that was killed", async () => {
    rmSync(join(context, "node_modules"), { recursive: true });
    const holder = spawn("node", ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore", env });
    write(join(context, ".state"), "install.lock", `999999999 ${holder.pid}`);
    const child = spawn("node", [join(context, "scripts/install.mjs")], {
      cwd: context,
      env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let output = "";
    const timings = new Promise<void>((settle) => {
      child.stderr.on("data", (chunk) => {
        output += String(chunk);
        if (output.includes("waiting for it")) settle();
      });
    });
    const ended = new Promise<number | null>((settle) => child.on("close", settle));
    await Promise.race([timings, ended]);
    expect(existsSync(join(context, "node_modules"))).toBe(false);
    holder.kill("SIGKILL");
    expect([await ended, installed(), existsSync(lock)]).toEqual([0, "2.0.0", false]);
    expect(output).toContain("node_modules is missing: installing");
  });

  it("says what to do when npm fails", async () => {
    checkOut("1.0.0");
    write(context, "package.json", {
      name: "project",
      version: "1.0.0",
      dependencies: { other: "file:../nowhere.tgz" },
    });
    const { code, output } = await install();
    expect(code).toBe(1);
    expect(output).toContain("npm ci failed");
    expect(output).toContain("run the same command again");
    expect(existsSync(lock)).toBe(false);
  });
});
