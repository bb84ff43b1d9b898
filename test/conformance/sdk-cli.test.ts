/** The command `nemo-gateway` of packages/sdk, run as a shell runs it. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import { afterAll, describe, expect, it } from "vitest";
import { NemoGateway } from "../../packages/sdk/src/index.ts";
import { type Member, newMember, served } from "./support/client.ts";
import { startReceiver } from "./support/receiver.ts";
import { startUploadProxy, wav } from "./support/upload-proxy.ts";

const folder = mkdtempSync(join(tmpdir(), "cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

/** Starts the command with an environment of its own. */
function start(words: readonly string[], env: Record<string, string>, input = "") {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../../packages/sdk/src/cli.ts"), ...words], {
    env: { PATH: process.env.PATH ?? "", HOME: folder, XDG_CONFIG_HOME: folder, NODE_NO_WARNINGS: "1", ...env },
  });
  const printed = { out: "", err: "" };
  child.stdout.on("data", (text) => {
    printed.out += String(text);
  });
  child.stderr.on("data", (text) => {
    printed.err += String(text);
  });
  child.stdin.end(input);
  const ended = new Promise<Ran>((settle) => child.on("close", (code) => settle({ code, ...printed })));
  return { child, printed, ended };
}

const envOf = ({ key }: Member): Record<string, string> => ({
  NEMO_GATEWAY_API_KEY: key.secret,
  NEMO_GATEWAY_URL: served.url,
});

const clientOf = ({ key, user: own }: Member, user = own): NemoGateway =>
  new NemoGateway({ apiKey: key.secret, baseURL: served.url, ...(user === null ? {} : { user }) });

type Reply = (response: ServerResponse) => void;

/** The gateway at another address; `replaced` may answer a request in its place. */
async function startProxy(replaced: (request: IncomingMessage) => Reply | null) {
  const server = createServer(async (request, response) => {
    const reply = replaced(request);
    if (reply !== null) return reply(response);
    const { authorization = "" } = request.headers;
    const answer = await fetch(new URL(request.url ?? "", served.url), { headers: { authorization } });
    response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the proxy has no port");
  return { url: `http://127.0.0.1:${address.port}`, close: () => server.close() };
}

describe.concurrent("the command", () => {
  it("makes a video, saves its file, and prints it as JSON", async () => {
    const member = await newMember();
    const file = join(folder, "sea.mp4");
    const ran = await start(["make", "make a 1 second video of the sea", "-o", file, "--json"], envOf(member)).ended;
    expect(ran).toMatchObject({ code: 0 });
    expect(JSON.parse(ran.out)).toMatchObject({ status: "completed" });
    expect(readFileSync(file).subarray(4, 8).toString()).toBe("ftyp");
    expect(ran.err).toContain("%");
    const again = join(folder, "again.mp4");
    const { id } = JSON.parse(ran.out) as { id: string };
    expect(await start(["download", id, "-o", again], envOf(member)).ended).toMatchObject({
      code: 0,
      out: `${again}\n`,
    });
    expect(readFileSync(again)).toEqual(readFileSync(file));
    const watched = await start(["watch", id], envOf(member)).ended;
    expect(watched.out.split("\n")[0]).toContain("video.started");
  });

  it("ends with 4 for a question, 2 for wrong usage, 3 without a valid key, 1 for other errors", async () => {
    const env = envOf(await newMember());
    const asked = await start(["make", "make a video #fault:question"], env).ended;
    expect(asked.code).toBe(4);
    expect(asked.err).toContain("nemo-gateway api POST /v1/videos/vid_");
    expect((await start(["paint"], env).ended).code).toBe(2);
    expect((await start(["make", "--colour"], env).ended).code).toBe(2);
    expect(
      (await start(["whoami"], { HOME: join(folder, "none"), XDG_CONFIG_HOME: join(folder, "none") }).ended).code,
    ).toBe(3);
    expect((await start(["whoami"], { ...env, NEMO_GATEWAY_API_KEY: "ngw_test_wrong" }).ended).code).toBe(3);
    const missing = await start(["api", "GET", `/v1/videos/vid_${"0".repeat(36)}`], env).ended;
    expect(missing).toMatchObject({ code: 1, out: "" });
    expect((await start([], env).ended).out).toContain("listen --forward-to");
  });

  it("stores a key that only this account can read", async () => {
    const member = await newMember();
    const config = mkdtempSync(join(folder, "config-"));
    const env = { HOME: config, XDG_CONFIG_HOME: config };
    expect((await start(["login", "--url", served.url], env, `${member.key.secret}\n`).ended).code).toBe(0);
    expect(statSync(join(config, "nemo-gateway/config.json")).mode & 0o777).toBe(0o600);
    const { out } = await start(["whoami"], env).ended;
    expect(JSON.parse(out)).toMatchObject({ tenant: { id: member.tenant.id } });
  });

  it("sends a file and talks to a project's agent", async () => {
    const env = envOf(await newMember());
    const path = join(folder, "dot.gif");
    writeFileSync(path, Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64"));
    const sent = await start(["upload", path], env).ended;
    expect(sent, sent.err).toMatchObject({ code: 0 });
    expect(sent.out).toMatch(/^ast_/);
    const talked = await start(["chat"], env, "make a video of the sea\nhello\n").ended;
    expect(talked.code).toBe(0);
    expect(talked.err).toContain("Project prj_");
    expect(talked.out.trim().split("\n").length).toBeGreaterThan(1);
  });

  it("forwards events with a signature, in order, and after a kill continues without a gap", async () => {
    const member = await newMember();
    const nemo = clientOf(member);
    const receiver = await startReceiver();
    const env = { ...envOf(member), XDG_CONFIG_HOME: mkdtempSync(join(folder, "listen-")) };
    const words = ["listen", "--forward-to", receiver.url];
    const first = start(words, env);
    while (!first.printed.err.includes("Forwarding")) await sleep(50);
    await nemo.videos.createAndWait({ prompt: "make a 1 second video" });
    while (!receiver.received.some(({ body }) => body.includes("video.completed"))) await sleep(50);
    first.child.kill("SIGKILL");
    await first.ended;
    await nemo.videos.createAndWait({ prompt: "make a 1 second video again" });
    const second = start(words, env);
    const isDone = () => new Set(videosOf()).size === 2;
    const videosOf = () =>
      receiver.received
        .map(({ body }) => JSON.parse(body) as { id: string; type: string; cursor: number })
        .filter(({ type }) => type === "video.completed")
        .map(({ id }) => id);
    while (!isDone()) await sleep(50);
    second.child.kill("SIGKILL");
    await second.ended;
    receiver.close();
    const secret = /whsec_\S+/.exec(first.printed.err)?.[0] ?? "";
    expect(second.printed.err).toContain(secret);
    for (const { body, headers } of receiver.received)
      new Webhook(secret).verify(body, headers as Record<string, string>);
    const cursors = receiver.received.map(({ body }) => (JSON.parse(body) as { cursor: number }).cursor);
    const all = (await nemo.events.list({ after: 0 })).data.map(({ cursor }) => cursor);
    expect([...new Set(cursors)]).toEqual(all);
  });

  it("forwards on when the server rejects an event and when the gateway is away", async () => {
    const member = await newMember();
    const rejection = { status: 500 };
    const receiver = await startReceiver([rejection, rejection, rejection]);
    let away = 4;
    const gateway = await startProxy((request) => {
      if (!request.url?.startsWith("/v1/events") || away === 0) return null;
      away--;
      return (response) => response.writeHead(503, { "retry-after": "0" }).end("deploying");
    });
    const config = mkdtempSync(join(folder, "away-"));
    const env = { ...envOf(member), NEMO_GATEWAY_URL: gateway.url, XDG_CONFIG_HOME: config };
    const listening = start(["listen", "--forward-to", receiver.url], env);
    while (!listening.printed.err.includes("Forwarding")) await sleep(50);
    await clientOf(member).videos.createAndWait({ prompt: "make a 1 second video" });
    while (!receiver.received.some(({ body }) => body.includes("video.completed"))) await sleep(50);
    listening.child.kill();
    await listening.ended;
    receiver.close();
    gateway.close();
    expect(away).toBe(0);
    expect(listening.printed.err).toContain("Trying again");
    const [first, second, third, next] = receiver.received.map(({ body }) => (JSON.parse(body) as { id: string }).id);
    expect([second, third]).toEqual([first, first]);
    expect(next).not.toBe(first);
    expect(listening.printed.err).toContain(`${first} was rejected three times and is left out.`);
  });

  it("leaves no part of a file whose download breaks off", async () => {
    const member = await newMember();
    const { id } = await clientOf(member).videos.createAndWait({ prompt: "make a 1 second video" });
    const gateway = await startProxy((request) =>
      request.url?.endsWith("/content")
        ? (response) => {
            response.writeHead(200, { "content-length": "1000" });
            response.write("half", () => response.destroy());
          }
        : null,
    );
    const target = join(mkdtempSync(join(folder, "broken-")), "sea.mp4");
    const env = { ...envOf(member), NEMO_GATEWAY_URL: gateway.url };
    const ran = await start(["download", id, "-o", target], env).ended;
    gateway.close();
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toContain(`${target} could not be saved`);
    expect(readdirSync(dirname(target))).toEqual([]);
  });

  it("continues an upload that was killed", async () => {
    const member = await newMember();
    const env = { ...envOf(member), XDG_CONFIG_HOME: mkdtempSync(join(folder, "upload-")) };
    const path = join(folder, "long.wav");
    writeFileSync(path, wav(20_000_000));
    const bytesSent: number[] = [];
    let isSlow = true;
    const proxy = await startUploadProxy((bytes) => {
      bytesSent.push(bytes);
      return isSlow && bytesSent.length > 1; // the second chunk never ends
    });
    const first = start(["upload", path], { ...env, NEMO_GATEWAY_URL: proxy.url });
    while (bytesSent.length < 2) await sleep(20);
    first.child.kill("SIGKILL");
    await first.ended;
    isSlow = false;
    bytesSent.length = 0;
    const second = await start(["upload", path], { ...env, NEMO_GATEWAY_URL: proxy.url }).ended;
    proxy.close();
    expect(second, second.err).toMatchObject({ code: 0 });
    expect(bytesSent.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(20_000_000 - 8_000_000);
    const asset = await clientOf(member, null).assets.retrieve(second.out.trim()); // it was sent without --user
    expect(asset.sha256).toBe(createHash("sha256").update(readFileSync(path)).digest("hex"));
    const other = await start(["upload", path], env).ended; // it was finished, so this is another upload
    expect(other.out.trim()).not.toBe(second.out.trim());
  });

  it("lists and changes endpoints, keys and deliveries", async () => {
    const member = await newMember();
    const env = envOf(member);
    const run = async (...words: string[]) => {
      const ran = await start(words, env).ended;
      expect(ran, ran.err).toMatchObject({ code: 0 });
      return ran.out.trim().split("\n");
    };
    const receiver = await startReceiver();
    const [created = ""] = await run("webhooks", "create", receiver.url);
    expect(created).toMatch(/^whk_\w+\twhsec_/);
    const endpoint = created.split("\t")[0] ?? "";
    expect(await run("webhooks")).toEqual([`${endpoint}\tenabled\t${receiver.url}`]);
    await clientOf(member).webhookEndpoints.test(endpoint, {});
    while (receiver.received.length === 0) await sleep(20);
    const [delivery = ""] = (await run("deliveries", "--limit", "1")).map((line) => line.split("\t")[0] ?? "");
    expect((await run("deliveries", "retry", delivery))[0]).toContain(delivery);
    await run("webhooks", "delete", endpoint);
    receiver.close();
    const [secret = ""] = await run("keys", "create", "of a script", "--scope", "read");
    expect(secret).toMatch(/^ngw_test_/);
    const line = (await run("keys")).find((one) => one.includes("of a script")) ?? "";
    expect(line.split("\t")[3]).toBe("read");
    const [rotated = ""] = await run("keys", "rotate", line.split("\t")[0] ?? "");
    expect(rotated).toMatch(/^ngw_test_/);
    expect(rotated).not.toBe(secret);
    await run("keys", "revoke", line.split("\t")[0] ?? "");
    expect((await run("usage"))[0]).toMatch(/turns=|^$/);
    expect((await run("completion", "bash"))[0]).toContain("listen");
  });

  it("sends a sample of an event", async () => {
    const receiver = await startReceiver();
    const ran = await start(["trigger", "video.completed", "--to", receiver.url], envOf(await newMember())).ended;
    receiver.close();
    expect(ran).toMatchObject({ code: 0, out: "204\n" });
    expect(receiver.received).toHaveLength(1);
    const wrong = await start(["trigger", "video.sung", "--to", receiver.url], envOf(await newMember())).ended;
    expect(wrong.code).toBe(1);
  });
});
