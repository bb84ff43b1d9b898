/** `npm run dev`: what its terminal shows, and the whole of it on a port of one's own. */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { devLines } from "../../scripts/lib/dev-lines.ts";
import { freePort } from "../../scripts/lib/ports.ts";
import { ROOT } from "../../scripts/lib/root.ts";

it("prints a line for each request and each bug, and none of the runtime's own", () => {
  const shown = devLines();
  const lines = [
    '{"event":"request","request_id":"req_1","route":"GET /healthz","status":200,"ms":1}',
    '{"event":"request","request_id":"req_2","route":"POST /v1/projects","status":201,"ms":12,"tenant":"ten_1"}',
    "[wrangler:info] POST /v1/projects 201 Created (15ms)",
    '{"event":"request","request_id":"req_3","route":"GET /v1/turns/:id","status":404,"code":"not_found","ms":2}',
    '{"event":"upstream","status":200,"work":"state"}',
    "uncaught exception; source = Uncaught (in promise); stack = Error: Network connection lost.",
    "    at async fetch (index.js:1:1)",
    "stack: /x/node_modules/@cloudflare/workerd-linux-64/bin/workerd@26b6840",
    '{"event":"failed","work":"render.failed","code":"render_failed","resource":"rnd_1"}',
    '{"event":"bug","route":"GET /v1/me","name":"TypeError","stack":["at me (me.ts:1:1)","at x (x.ts:1:1)"]}',
    "an unknown line",
    "",
  ];
  expect(lines.map(shown).filter((line) => line !== null)).toEqual([
    "POST /v1/projects 201 12 ms req_2",
    "GET /v1/turns/:id 404 not_found 2 ms req_3",
    "render.failed render_failed rnd_1",
    "bug GET /v1/me TypeError at me (me.ts:1:1)",
    "an unknown line",
  ]);
});

it("listens on the requested port, prints requests, and ends with the signal", async () => {
  const port = await freePort();
  const child = spawn(process.execPath, [join(ROOT, "scripts/dev.ts"), "--port", String(port)], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const output: string[] = [];
  const ended = new Promise((settle) => child.on("exit", settle));
  let poll = (): void => undefined;
  createInterface({ input: child.stdout }).on("line", (line) => {
    output.push(line);
    poll();
  });
  const printed = (words: string) =>
    new Promise<void>((settle) => {
      poll = () => {
        if (output.some((line) => line.includes(words))) settle();
      };
      poll();
    });
  try {
    await Promise.race([printed("Ctrl-C stops it"), ended]);
    expect(output.join("\n")).toContain("Test key: ngw_test_");
    const [key] = /ngw_test_\w+/.exec(output.join("\n")) ?? [];
    const answer = await fetch(`http://127.0.0.1:${port}/v1/me`, { headers: { authorization: `Bearer ${key}` } });
    expect(answer.status).toBe(200);
    await Promise.race([printed("GET /v1/me 200"), ended]);
    child.kill("SIGTERM");
    expect(await ended).toBe(143);
  } finally {
    child.kill("SIGKILL");
    await ended; // its own children end with it, and may still write for a moment
    rmSync(join(ROOT, `.state/dev-${port}`), { recursive: true, force: true, maxRetries: 10 });
  }
});
