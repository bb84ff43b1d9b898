/** PROTOCOL.md section 1: the promises that can be seen from outside without a crash. `npm run torture` has the rest. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type TurnWire, turn } from "../../src/core/wire/turn.ts";
import { type Ask, newMember, problem, request, served, shown, until } from "./support/client.ts";
import { messagesWith } from "./support/nemo.ts";
import { finishedRender, startRender } from "./support/renders.ts";

describe.concurrent("§1 promises", () => {
  it("§1.1 a turn reaches Nemo once, however often its request is repeated", async () => {
    const member = await newMember("ada", "live");
    const { id } = await member.newProject();
    const name = `impatient ${process.pid}-${Date.now()}`;
    const say = (ask: Ask = {}): Promise<Response> =>
      member.ask("POST", `/v1/projects/${id}/turns`, {
        json: { prompt: `make a clip of the sea, ${name} #slow:300s` },
        headers: { "idempotency-key": "impatient", ...ask.headers },
        ...(ask.signal ? { signal: ask.signal } : {}),
      });
    const hasty = [0, 5, 20, 100, 400].map((ms) => say({ signal: AbortSignal.timeout(ms) }).catch(() => null));
    const streams = [0, 50, 300].map((ms) =>
      say({ headers: { accept: "text/event-stream" }, signal: AbortSignal.timeout(ms) })
        .then((answer) => answer.text())
        .catch(() => null),
    );
    const made = await Promise.all([shown(say(), turn, 202), shown(say(), turn, 202)]);
    await Promise.all([...hasty, ...streams]);
    expect(new Set(made.map((one: TurnWire) => one.id)).size).toBe(1);
    expect(await member.endOf(made[0].id)).toMatchObject({ status: "completed", charged: "yes" });
    expect(await messagesWith(name)).toBe(1);
  });

  it("§1.4 a render finishes without being polled, and its file exists before the event", async () => {
    const member = await newMember();
    const { id } = await member.newProject();
    await member.said(id, "make a 4 second clip of the sea");
    const { id: made } = await startRender(member, id);
    const page = z.object({
      data: z.array(z.object({ type: z.string(), data: z.looseObject({ id: z.string().optional() }) })),
    });
    await until(
      () => member.get("/v1/events?limit=100", page),
      ({ data }) => data.some((one) => one.type === "render.completed" && one.data.id === made),
    );
    expect((await member.ask("HEAD", `/v1/renders/${made}/content`)).status).toBe(200);
  });

  it("§1.6 ids of another tenant or mode look like unknown ids", async () => {
    const [mine, stranger] = [await newMember(), await newMember()];
    const { project, done } = await finishedRender(mine);
    const { data } = await mine.get(`/v1/projects/${project}/turns`, z.object({ data: z.array(turn) }));
    const said = data[0]?.id ?? "";
    const asks: [string, string, unknown?][] = [
      ["GET", `/v1/projects/${project}`],
      ["GET", `/v1/projects/${project}/timeline`],
      ["GET", `/v1/projects/${project}/turns`],
      ["POST", `/v1/projects/${project}/turns`, { prompt: "hello" }],
      ["POST", `/v1/projects/${project}/renders`, {}],
      ["GET", `/v1/turns/${said}`],
      ["GET", `/v1/turns/${said}/events`],
      ["POST", `/v1/turns/${said}/cancel`, {}],
      ["POST", `/v1/turns/${said}/stream_ticket`, {}],
      ["GET", `/v1/renders/${done.id}`],
      ["GET", `/v1/renders/${done.id}/content`],
      ["POST", `/v1/renders/${done.id}/link`, {}],
    ];
    for (const [method, path, json] of asks) {
      const rejected = await problem(stranger.ask(method, path, { json }), "not_found");
      const never = path.replace(/(prj|trn|rnd)_[0-9a-z]{20}/, `$1_${"0".repeat(20)}`);
      const missing = await problem(stranger.ask(method, never, { json }), "not_found");
      await problem(mine.ask(method, never, { json }), "not_found");
      const { request_id: _a, ...one } = rejected;
      const { request_id: _b, ...two } = missing;
      expect(one, path).toEqual(two);
    }
  });

  it("§1.7 no problem repeats a key", async () => {
    const { key } = await newMember();
    const wrong = `${key.secret.slice(0, -1)}${key.secret.endsWith("0") ? "1" : "0"}`;
    for (const secret of [key.secret, wrong]) {
      const answers = await Promise.all([
        request("GET", "/v1/nothing", { headers: { "x-api-key": secret } }),
        request("GET", "/v1/me", { headers: { "x-api-key": secret, origin: "https://app.example" } }),
        request("POST", "/v1/projects", { json: { [secret]: secret }, headers: { "x-api-key": wrong } }),
      ]);
      for (const answer of answers) expect(await answer.text()).not.toContain(secret);
    }
    expect(await (await fetch(`${served.url}/healthz`)).text()).not.toContain("ngw_");
  });
});
