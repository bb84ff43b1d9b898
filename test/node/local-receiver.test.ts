/** `npm run receiver`: as a person runs it, on a free port. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, it } from "vitest";
import { freePort } from "../../scripts/lib/ports.ts";
import { ROOT } from "../../scripts/lib/root.ts";

const secretOf = (text: string): string => `whsec_${Buffer.from(text).toString("base64")}`;
const ours = secretOf("a secret of at least twenty-four bytes");
const second = secretOf("a second one of twenty-four bytes, too");
const foreign = secretOf("a third one that the receiver knows not");

const nested = JSON.stringify({ type: "render.completed", data: { id: "rnd_1" } });
/** An event whose resource has no id of its own. */
const nameless = JSON.stringify({ type: "timeline.changed", data: { type: "timeline.changed" } });
const flat = JSON.stringify({ id: "evt_1", type: "video.completed", video_id: "vid_1", note: "\u001b[31mred" });

type Running = { readonly url: string; readonly output: string[]; readonly end: () => Promise<unknown> };
let running: Running | null = null;
afterEach(async () => {
  await running?.end();
  running = null;
});

async function run(...flags: string[]): Promise<Running> {
  const port = await freePort();
  const args = [join(ROOT, "scripts/receiver.ts"), "--port", String(port), ...flags];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const output: string[] = [];
  const ended = new Promise((settle) => child.on("close", settle)); // "exit" may come before the last lines
  await new Promise<void>((settle) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      output.push(line);
      if (line.includes("Ctrl-C")) settle();
    });
    void ended.then(() => settle());
  });
  const end = (): Promise<unknown> => {
    child.kill("SIGTERM");
    return ended;
  };
  running = { url: `http://127.0.0.1:${port}`, output, end };
  return running;
}

async function deliver(url: string, body: string, secret: string): Promise<number> {
  const at = new Date();
  const headers = {
    "webhook-id": "evt_1",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign("evt_1", at, body),
  };
  return (await fetch(url, { method: "POST", body, headers })).status;
}

describe("npm run receiver", () => {
  it("prints requests, nested and flat, to any path, without control characters", async () => {
    const { url, output, end } = await run();
    expect(await deliver(`${url}/in`, nested, ours)).toBe(204);
    expect(await deliver(`${url}/catch/1`, flat, ours)).toBe(204);
    expect(await deliver(url, "no JSON", ours)).toBe(204);
    expect(await deliver(url, nameless, ours)).toBe(204);
    expect(await end()).toBe(143);
    const lines = output.slice(2);
    expect(lines[0]).toMatch(/^POST \/in render\.completed rnd_1 signature not looked at/);
    expect(lines[1]).toBe(nested);
    expect(lines[2]).toMatch(/^POST \/catch\/1 video\.completed vid_1 /);
    expect(lines[3]).toBe(flat);
    expect(lines[4]).toMatch(/^POST \/ no event of the gateway/);
    expect(lines[6]).toMatch(/^POST \/ timeline\.changed {2}signature/);
    expect(output.join("")).not.toContain("\u001b");
  });

  it("accepts with --secret what one of them has signed, and rejects the rest", async () => {
    const { url, output, end } = await run("--secret", `${ours},${second}`);
    expect(await deliver(url, nested, ours)).toBe(204);
    expect(await deliver(url, nested, second)).toBe(204);
    expect(await deliver(url, nested, foreign)).toBe(400);
    await end();
    expect(output.filter((line) => line.includes("its signature is right"))).toHaveLength(2);
    expect(output.filter((line) => line.includes("rejected: not signed"))).toHaveLength(1);
  });

  it("serves the files of test/media, and nothing else", async () => {
    const { url } = await run();
    const clip = await fetch(`${url}/clip.mp4`);
    expect([clip.status, clip.headers.get("content-type")]).toEqual([200, "video/mp4"]);
    expect(Buffer.from(await clip.arrayBuffer()).equals(readFileSync(join(ROOT, "test/media/clip.mp4")))).toBe(true);
    const head = await fetch(`${url}/clip.mp4`, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, "48000"]);
    for (const path of ["/", "/..%2f..%2fpackage.json", "/%2e%2e/faults.md", "/none.mp4"])
      expect((await fetch(`${url}${path}`)).status, path).toBe(404);
  });

  it("does not start with an invalid secret", async () => {
    const { url, end } = await run("--secret", "none");
    expect(await end()).toBe(1);
    await expect(fetch(url)).rejects.toThrow();
  });
});
