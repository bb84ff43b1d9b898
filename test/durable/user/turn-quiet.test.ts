import { describe, expect, it } from "vitest";
import { endOf, freshAddress, newProject, requestLog, startTurn, userRpc } from "../../support/objects.ts";
import { paceIs } from "../../support/pace.ts";

paceIs(240); // fifteen minutes are four seconds

describe("a turn whose stream sends nothing", () => {
  it("is settled beside a stream of heartbeats, and after fifteen minutes without anything", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    // The result appears, the stream sends nothing more.
    const landed = await endOf(
      user,
      await startTurn(user, project, "make a video of the sea #fault:silent_stream@1200s"),
    );
    expect(landed).toMatchObject({ status: "completed", text_complete: false, timeline: { changed: true } });
    const nothing = await endOf(
      user,
      await startTurn(user, await newProject(user), "add a title #fault:heartbeats_only@800s"),
    );
    expect(nothing).toMatchObject({
      status: "failed",
      charged: "no",
      evidence: { timeline: "unchanged", balance: "equal" },
    });
    expect((await requestLog(address)).turns).toHaveLength(2);
  });
});
