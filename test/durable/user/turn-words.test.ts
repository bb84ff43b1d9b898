import { describe, expect, it } from "vitest";
import type { TurnId } from "../../../src/core/ids.ts";
import type { UserRpc } from "../../../src/core/rpc/user.ts";
import type { TurnEventWire } from "../../../src/core/wire/turn.ts";
import { call, endOf, freshAddress, good, newProject, requestLog, say, until, userRpc } from "../../support/objects.ts";

async function eventsOf(user: UserRpc, id: TurnId): Promise<TurnEventWire[]> {
  return good(await user.readTurnEvents(id, 0, 1_000, 0)).data.map(({ event }) => event);
}

async function ask(user: UserRpc, project: `prj_${string}`, ...body: Parameters<typeof say>) {
  const id = good(await user.startTurn(call(), project, say(...body))).id as TurnId;
  return { turn: await endOf(user, id), events: await eventsOf(user, id) };
}

describe("the text of a turn", () => {
  it.concurrent("contains no GUI instructions: they become calls of this API", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const { turn, events } = await ask(user, project, "make a video of the sea with music");
    expect(turn.text).not.toMatch(/click|Export\b|timeline or/i);
    const actions = events.filter((event) => event.type === "action");
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) expect(action.path.startsWith(`/v1/projects/${project}/`)).toBe(true);
    expect(JSON.stringify(events)).not.toMatch(/function_?(call|response)|tool/i); // the agent's tools stay inside
  });

  it.concurrent("drops the apology after a turn that succeeded", async () => {
    const user = userRpc(freshAddress());
    const { turn } = await ask(user, await newProject(user), "make a video of the sea #fault:noise");
    expect(turn.status).toBe("completed");
    expect(turn.text).not.toMatch(/temporary issue/i);
  });

  it.concurrent.each(["#fault:no_credits", "#fault:no_credits_inline", "#fault:no_credits_text"])(
    "is a code when credits are exhausted: %s",
    async (words) => {
      const user = userRpc(freshAddress());
      const { turn } = await ask(user, await newProject(user), `make a video of the sea ${words}`);
      expect(turn).toMatchObject({ status: "failed", charged: "no", error: { code: "insufficient_credits" } });
      expect(turn.error?.register_url).toMatch(/^https:\/\/nemovideo\.com\/register\?bind=/);
    },
  );

  it.concurrent("describes the changes, typed and in one line, in the caller's language", async () => {
    const user = userRpc(freshAddress());
    const project = await newProject(user);
    await ask(user, project, "make a video of the sea");
    const { events } = await ask(user, project, '加一个标题 "海浪" #fault:silent_edit');
    const changed = events.find((event) => event.type === "timeline.changed");
    expect(changed?.diff?.changes.length).toBeGreaterThan(0);
    expect(changed?.line).toMatch(/\p{Script=Han}/u);
  });
});

describe("a prompt that is a command", () => {
  it.concurrent("is answered without a message to Nemo: status, credits, upload, export", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    await ask(user, project, "make a video of the sea");
    for (const [prompt, intent] of [
      ["what's the status?", "state"],
      ["剩余多少积分", "credits"],
      ["upload", "upload"],
      ["please export it", "export"],
    ] as const) {
      const { turn, events } = await ask(user, project, prompt);
      expect(turn).toMatchObject({ intent, status: "completed", charged: "no", sent_at: null, credits: { amount: 0 } });
      expect(turn.text?.length).toBeGreaterThan(5);
      expect(events.at(-1)?.type).toBe("turn.completed");
      if (intent === "export")
        await until(async () =>
          good(await user.listRenders(project, { limit: 5, after: null })).data.find(
            (one) => one.status === "completed",
          ),
        );
    }
    expect((await requestLog(address)).turns).toHaveLength(1);
  });

  it.concurrent("is rejected if there is nothing to export, and sent if the caller says chat", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const { turn } = await ask(user, project, "export");
    expect(turn).toMatchObject({ status: "failed", charged: "no", error: { code: "nothing_to_render" } });
    await ask(user, project, "export", { route: "chat" });
    expect((await requestLog(address)).turns).toHaveLength(1);
  });
});

describe("a turn that may execute suggested calls", () => {
  it.concurrent("renders its result, once, when the agent says to export", async () => {
    const user = userRpc(freshAddress());
    const project = await newProject(user);
    const { events } = await ask(user, project, "make a video of the sea #fault:talkative", { act: "auto" });
    expect(events.some((event) => event.type === "action" && event.action === "render")).toBe(true);
    const page = await until(async () => {
      const { data } = good(await user.listRenders(project, { limit: 5, after: null }));
      return data.some((one) => one.status === "completed") ? data : null;
    });
    expect(page).toHaveLength(1);
  });
});
