import { describe, expect, it } from "vitest";
import type { ProjectWire } from "../../src/core/wire/project.ts";
import type { TurnWire } from "../../src/core/wire/turn.ts";
import { call, jsonOf, makeMember, ORIGIN, readProblem, send } from "../support/gateway.ts";
import { until } from "../support/objects.ts";

type Ticket = { url: string; first_use_by: string };

async function startedTurn() {
  const member = await makeMember();
  const project = await jsonOf<ProjectWire>(await send("POST", "/v1/projects", {}, member.headers), 201);
  const body = { prompt: "make a video of the sea" };
  const turn = await jsonOf<TurnWire>(
    await send("POST", `/v1/projects/${project.id}/turns`, body, member.headers),
    202,
  );
  const ticket = await jsonOf<Ticket>(await send("POST", `/v1/turns/${turn.id}/stream_ticket`, "", member.headers));
  return { member, turn, ticket, path: ticket.url.slice(ORIGIN.length) };
}

/** A stream's frames; pings come between them as time goes by. */
const framesOf = (text: string): string[] => text.split("\n\n").filter((block) => block.startsWith("id: "));

describe("a stream ticket", () => {
  it("opens its turn's stream without a key, from a page, again and again", async () => {
    const { turn, path } = await startedTurn();
    const page = { Origin: "https://app.example", Accept: "text/event-stream" };
    let whole = await (await call(path, { headers: page })).text();
    const onFromLast = () => call(path, { headers: { ...page, "Last-Event-ID": String(framesOf(whole).length) } });
    // A response may end before the turn does; a page continues after its last event.
    for (let next = await onFromLast(); next.status !== 204; next = await onFromLast()) whole += await next.text();
    expect(whole).toMatch(/^id: 1\nevent: turn\.started\n/);
    expect(whole).toContain(`event: turn.completed\ndata: {"type":"turn.completed","turn":{"id":"${turn.id}"`);
    const rest = await (await call(path, { headers: { ...page, "Last-Event-ID": "1" } })).text();
    expect(framesOf(rest)).toEqual(framesOf(whole).slice(1));
    const last = framesOf(whole).length;
    expect((await call(path, { headers: { ...page, "Last-Event-ID": String(last) } })).status).toBe(204);
  });

  it("opens nothing else: not another turn, not after a change, not an invented one", async () => {
    const [mine, other] = [await startedTurn(), await startedTurn()];
    const ticket = new URL(mine.ticket.url).searchParams.get("ticket") ?? "";
    for (const wrong of [ticket, `${ticket.slice(0, -2)}xx`, "nonsense"]) {
      const id = wrong === ticket ? other.turn.id : mine.turn.id;
      expect((await readProblem(await call(`/v1/turns/${id}/events?ticket=${wrong}`))).code).toBe("not_found");
    }
    expect((await readProblem(await call(`/f/${ticket}`))).code).toBe("not_found");
  });

  it("is not created for another tenant's turn, nor without a key", async () => {
    const { turn } = await startedTurn();
    const stranger = await makeMember();
    expect(
      (await readProblem(await send("POST", `/v1/turns/${turn.id}/stream_ticket`, "", stranger.headers))).code,
    ).toBe("not_found");
    expect((await readProblem(await send("POST", `/v1/turns/${turn.id}/stream_ticket`, ""))).code).toBe(
      "unauthenticated",
    );
  });
});

describe("a browser link", () => {
  it("opens the project with a claim token, never with the Nemo token", async () => {
    const member = await makeMember();
    const project = await jsonOf<ProjectWire>(await send("POST", "/v1/projects", {}, member.headers), 201);
    const link = await until(async () =>
      jsonOf<{ url: string; expires_at: string }>(
        await send("POST", `/v1/projects/${project.id}/browser_link`, "", member.headers),
      ),
    );
    expect(link.url).toMatch(/^https:\/\/nemovideo\.com\/workspace\/claim\?ct=clm_/);
    expect(link.url).not.toContain("nmv_usr");
    expect(Date.parse(link.expires_at)).toBeGreaterThan(Date.now());
  });
});
