/** A request that has created something is answered with it, whatever fails after the commit. */
import { beforeAll, describe, expect, it } from "vitest";
import { SUBSCRIBERS_PER_TURN, SUBSCRIBERS_PER_USER } from "../../src/core/limits.ts";
import { call, jsonOf, type Member, makeMember, readProblem, send } from "../support/gateway.ts";
import { paceIs } from "../support/pace.ts";

let member: Member;
let resources: ReadonlyMap<string, string>;
beforeAll(async () => {
  member = await makeMember();
  const project = await jsonOf<{ id: string }>(await send("POST", "/v1/projects", {}, member.headers), 201);
  resources = new Map([["prj", project.id]]);
});

describe("a POST whose stream cannot be opened", () => {
  paceIs(1); // the running turn outlasts the test on a slow machine

  it("is answered with what it has created", async () => {
    const { headers } = await makeMember();
    const stream = { ...headers, Accept: "text/event-stream" };
    const { id } = await jsonOf<{ id: string }>(await send("POST", "/v1/projects", {}, headers), 201);
    const path = `/v1/projects/${id}/turns`;
    const open: Response[] = [];
    for (let n = 0; n < SUBSCRIBERS_PER_USER / SUBSCRIBERS_PER_TURN; n++) {
      const turn = await jsonOf<{ id: string }>(
        await send("POST", path, { prompt: "make a video #slow:1800s" }, headers),
        202,
      );
      for (let m = 0; m < SUBSCRIBERS_PER_TURN; m++)
        open.push(await call(`/v1/turns/${turn.id}/events`, { headers: stream }));
    }
    const answer = await send("POST", path, { prompt: "status" }, stream);
    const made = await jsonOf<{ id: string }>(answer, 202);
    expect(answer.headers.get("Location")).toBe(`/v1/turns/${made.id}`);
    for (const one of open) await one.body?.cancel();
  });
});

describe("a POST that has created something", () => {
  it("is continued when its caller lost the stream and sends the same key again", async () => {
    const { headers } = member;
    const path = `/v1/projects/${resources.get("prj")}/turns`;
    const post = (last: string | null, key: string) =>
      call(path, {
        method: "POST",
        body: JSON.stringify({ prompt: "status" }),
        headers: {
          ...headers,
          "Content-Type": "application/json",
          Accept: "text/event-stream",
          "Idempotency-Key": key,
          ...(last === null ? {} : { "Last-Event-ID": last }),
        },
      });
    const idsOf = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    const first = await post(null, "stream-1");
    const all = idsOf(await first.text());
    expect(all[0]).toBe(1);
    const again = await post("1", "stream-1");
    expect(again.headers.get("Location")).toBe(first.headers.get("Location"));
    expect(idsOf(await again.text())).toEqual(all.slice(1));
    expect((await post(String(all.at(-1)), "stream-1")).status).toBe(204);
    // A new turn starts at its first event, whatever last id a client sends from another one.
    expect(idsOf(await (await post("3", "stream-2")).text())[0]).toBe(1);
    const unreadable = await post("x", "stream-3");
    expect(unreadable.status).toBe(422);
    const { data } = (await (await call(`${path}?limit=100`, { headers })).json()) as { data: { prompt: string }[] };
    expect(data.filter(({ prompt }) => prompt === "status")).toHaveLength(2); // nothing was created for the rejected request
  });

  it("is reported as deleted when its key is sent again after a DELETE, for any resource", async () => {
    const { headers } = await makeMember();
    const post = (path: string, body: unknown) => send("POST", path, body, { ...headers, "Idempotency-Key": path });
    const idOf = async (answer: Promise<Response>) => ((await (await answer).json()) as { id: string }).id;
    const kept = await idOf(send("POST", "/v1/projects", {}, headers));
    const said = { prompt: "make a 1 second video" };
    await (await send("POST", `/v1/projects/${kept}/turns`, said, { ...headers, Prefer: "wait=60" })).json();
    const project = await idOf(post("/v1/projects", {}));
    const made: [string, unknown][] = [
      ["/v1/projects", {}],
      [`/v1/projects/${kept}/turns`, { prompt: "status" }],
      [`/v1/projects/${kept}/renders`, {}],
      ["/v1/videos", said],
    ];
    const video = await idOf(post("/v1/videos", said));
    for (const [path, body] of made.slice(1, 3)) expect((await post(path, body)).status).toBe(202);
    for (const path of [`/v1/projects/${project}`, `/v1/projects/${kept}`, `/v1/videos/${video}`])
      expect((await call(path, { method: "DELETE", headers })).status).toBe(204);
    for (const [path, body] of made)
      expect(await readProblem(await post(path, body)), path).toMatchObject({ status: 410, code: "repeat_deleted" });
    // Another key meets a project that is not there.
    const other = await send("POST", `/v1/projects/${kept}/turns`, said, headers);
    expect(await readProblem(other)).toMatchObject({ status: 404 });
  });
});
