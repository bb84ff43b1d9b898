import { describe, expect, it } from "vitest";
import type { TurnId } from "../../../src/core/ids.ts";
import {
  bad,
  call,
  endOf,
  freshAddress,
  good,
  newProject,
  requestLog,
  sandboxQueue,
  say,
  startTurn,
  until,
  userRpc,
} from "../../support/objects.ts";

describe("a turn in its object", () => {
  it.concurrent("completes, with its text, its changes and its cost", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const id = await startTurn(user, project, "make a 10 second video of a city at night with lo-fi music");
    const turn = await endOf(user, id);
    expect(turn).toMatchObject({ status: "completed", charged: "yes", text_complete: true, error: null });
    expect(turn.timeline?.changed).toBe(true);
    expect(turn.timeline?.summary).toMatch(/^Timeline \(\d+ tracks?\): 1\. Video/);
    expect(turn.credits).toMatchObject({ basis: "measured" });
    expect((await requestLog(address)).turns).toHaveLength(1);
    const page = good(await user.readTurnEvents(id, 0, 100, 0));
    expect(page.data.map(({ id: seq }) => seq)).toEqual(page.data.map((_, at) => at + 1));
    expect(page.data[0]?.event.type).toBe("turn.started");
    expect(page.data.at(-1)?.event.type).toBe("turn.completed");
    expect(page.ended).toBe(true);
  });

  it.concurrent("is one turn for one Idempotency-Key, and another request with it is rejected", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const body = say('add a title "Hello"');
    const both = await Promise.all([
      user.startTurn(call("k1"), project, body),
      user.startTurn(call("k1"), project, body),
    ]);
    const [one, two] = both.map((result) => good(result).id);
    expect(one).toBe(two);
    expect(bad(await user.startTurn(call("k1", "other"), project, body)).code).toBe("idempotency_mismatch");
    await endOf(user, one as TurnId);
    expect((await requestLog(address)).turns).toHaveLength(1);
  });

  it.concurrent("is seen at once by a reader that waits for the next turn of its project, and by no other", async () => {
    const user = userRpc(freshAddress());
    const [project, other] = [await newProject(user), await newProject(user)];
    const first = { limit: 10, after: null };
    const waitMs = 200_000; // longer than the test may take
    const waiting = user.listTurns(project, first, { newest: null, waitMs });
    let isElsewhere = false;
    const elsewhere = user.listTurns(other, first, { newest: null, waitMs }).then((page) => {
      isElsewhere = true;
      return page;
    });
    const id = await startTurn(user, project, "make a video of the sea");
    expect(good(await waiting).data.map((turn) => turn.id)).toEqual([id]);
    const again = await user.listTurns(project, first, { newest: null, waitMs });
    expect(good(again).data).toHaveLength(1); // a newer one than it knows: no wait
    expect(isElsewhere).toBe(false);
    await startTurn(user, other, "make a video of a forest");
    expect(good(await elsewhere).data).toHaveLength(1);
    await endOf(user, id);
  });

  it.concurrent("settles a cut stream by reading, never by sending again", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const turn = await endOf(user, await startTurn(user, project, "make a video of the sea #fault:drop@1s"));
    expect(turn).toMatchObject({
      status: "completed",
      text_complete: false,
      evidence: { stream: "cut", timeline: "changed" },
    });
    expect((await requestLog(address)).turns).toHaveLength(1);
  });

  it.concurrent("reports an edit without text", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    await endOf(user, await startTurn(user, project, "make a video of the sea"));
    const id = await startTurn(user, project, 'add a title "Waves" #fault:silent_edit');
    const turn = await endOf(user, id);
    expect(turn).toMatchObject({ status: "completed", text: null, timeline: { changed: true } });
    const page = good(await user.readTurnEvents(id, 0, 100, 0));
    expect(page.data.map(({ event }) => event.type)).toContain("timeline.changed");
  });

  it.concurrent("waits for the one before it in the same project", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const first = await startTurn(user, project, "make a video of the sea");
    const second = await startTurn(user, project, 'add a title "Waves"');
    const queued = good(await user.readTurnEvents(second, 0, 10, 0));
    expect(queued.data[1]?.event).toMatchObject({ type: "turn.queued", position: 1 });
    const [one, two] = [await endOf(user, first), await endOf(user, second)];
    expect(Date.parse(two.sent_at ?? "")).toBeGreaterThanOrEqual(Date.parse(one.ended_at ?? ""));
    expect((await requestLog(address)).turns).toHaveLength(2);
  });

  it.concurrent("rejects the 21st waiting turn, and an unknown project", async () => {
    const user = userRpc(freshAddress());
    const project = await newProject(user);
    const start = () => startTurn(user, project, "make a video of the sea #slow:600s");
    const first = await start();
    await until(async () => good(await user.readTurn(first)).status === "running");
    await Promise.all(Array.from({ length: 20 }, start)); // at once, so that the first one does not end meanwhile
    expect(bad(await user.startTurn(call(), project, say("one more"))).code).toBe("queue_full");
    expect(bad(await user.startTurn(call(), "prj_nope", say("x"))).code).toBe("not_found");
  });

  it.concurrent("is cancelled while it waits, and ignores that while it runs", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const first = await startTurn(user, project, "make a video of the sea #slow:600s");
    const second = await startTurn(user, project, "add a title");
    expect(good(await user.cancelTurn(call(), second))).toMatchObject({
      status: "failed",
      charged: "no",
      error: { code: "cancelled" },
    });
    await until(async () => good(await user.readTurn(first)).text !== null);
    good(await user.cancelTurn(call(), first));
    expect(await endOf(user, first)).toMatchObject({ status: "completed", evidence: { stream: "cancelled" } });
    expect((await requestLog(address)).turns).toHaveLength(1);
  });

  it.concurrent("fails uncharged without credits", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const turn = await endOf(user, await startTurn(user, project, "make a video of the sea #fault:no_credits"));
    expect(turn).toMatchObject({ status: "failed", charged: "no", error: { code: "insufficient_credits" } });
  });
});

describe("a turn whose session upstream has lost", () => {
  it.concurrent("continues in a new one if no timeline is lost with it, and is sent once", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    // The sandbox forgets the session on this word, for this call and all later ones of the session.
    await sandboxQueue(address, ["#fault:session_lost"]);
    const id = await startTurn(user, project, "make a video of the sea");
    const turn = await endOf(user, id);
    expect(turn).toMatchObject({ status: "completed", charged: "yes" });
    const page = good(await user.readTurnEvents(id, 0, 100, 0));
    expect(page.data.filter(({ event }) => event.type === "project.session_replaced")).toHaveLength(1);
    expect((await requestLog(address)).turns).toHaveLength(1);
  });

  it.concurrent("ends uncharged if its timeline would be lost, and starts over if the request allows it", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    await endOf(user, await startTurn(user, project, "make a video of the sea"));
    await sandboxQueue(address, ["#fault:session_lost"]);
    const lost = await endOf(user, await startTurn(user, project, "add a title"));
    expect(lost).toMatchObject({ status: "failed", charged: "no", error: { code: "session_lost" } });
    const body = say("make a video of the sea", { on_session_loss: "restart" });
    const again = await endOf(user, good(await user.startTurn(call(), project, body)).id as TurnId);
    expect(again).toMatchObject({ status: "completed" });
    expect((await requestLog(address)).turns).toHaveLength(2);
  });
});
