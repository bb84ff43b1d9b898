/** PROTOCOL.md section 9.5: videos as tasks, for clients that declare the extension. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type Member, newMember, until } from "./support/client.ts";
import { calledWell, post, type RpcAnswer } from "./support/mcp.ts";

const EXTENSION = "io.modelcontextprotocol/tasks";
const PROMPT = "make a 4 second clip of the sea";

const task = z.looseObject({
  resultType: z.enum(["task", "complete"]),
  taskId: z.string(),
  status: z.enum(["working", "input_required", "completed", "failed", "cancelled"]),
  createdAt: z.iso.datetime(),
  lastUpdatedAt: z.iso.datetime(),
  ttlMs: z.int().nullable(),
  pollIntervalMs: z.int().optional(),
  result: z.looseObject({ isError: z.boolean().optional() }).optional(),
  inputRequests: z.record(z.string(), z.looseObject({ method: z.string() })).optional(),
});

/** A request of revision 2026-07-28; `declares`: the client takes tasks. */
function ask(member: Member, method: string, params: Record<string, unknown>, declares = true): Promise<RpcAnswer> {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "conformance", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": declares ? { elicitation: {}, extensions: { [EXTENSION]: {} } } : {},
  };
  const name = params.name ?? params.taskId;
  const named: Record<string, string> = typeof name === "string" ? { "mcp-name": name } : {};
  const headers = { ...member.headers, "mcp-protocol-version": "2026-07-28", "mcp-method": method, ...named };
  return post(headers, { jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } });
}

async function started(member: Member, args: Record<string, unknown>): Promise<z.infer<typeof task>> {
  const answer = await ask(member, "tools/call", { name: "make_video", arguments: args });
  if (answer.error !== undefined) throw new Error(answer.error.message);
  return task.parse(answer.result);
}

const got = async (member: Member, taskId: string) => {
  const answer = await ask(member, "tasks/get", { taskId });
  if (answer.error !== undefined) throw new Error(answer.error.message);
  return task.parse(answer.result);
};

const ended = (member: Member, taskId: string) =>
  until(
    () => got(member, taskId),
    ({ status }) => status !== "working",
  );

describe.concurrent("§9.5 tasks", () => {
  it("a video is a task until it has ended, and the result is read with it", async () => {
    const member = await newMember();
    const made = await started(member, { prompt: PROMPT });
    expect(made).toMatchObject({ resultType: "task", status: "working" });
    expect(made.taskId).toMatch(/^vid_/);
    expect((await started(member, { prompt: PROMPT })).taskId).toBe(made.taskId);
    const done = await ended(member, made.taskId);
    expect(done).toMatchObject({ resultType: "complete", status: "completed" });
    expect(done.result).toMatchObject({ structuredContent: { id: made.taskId, status: "completed" } });
    expect(JSON.stringify(done.result)).toContain("resource_link");
  });

  it("a failed video is a completed task with an error", async () => {
    const member = await newMember();
    const { taskId } = await started(member, { prompt: `${PROMPT} #fault:question`, on_question: "fail" });
    const done = await ended(member, taskId);
    expect([done.status, done.result?.isError]).toEqual(["completed", true]);
  });

  it("a question is answered once, and only under its own key", async () => {
    const member = await newMember();
    const { taskId } = await started(member, { prompt: `${PROMPT} #fault:question` });
    const asked = await ended(member, taskId);
    const [[key, question] = []] = Object.entries(asked.inputRequests ?? {});
    expect([asked.status, question?.method]).toEqual(["input_required", "elicitation/create"]);
    const update = (inputResponses: unknown) => ask(member, "tasks/update", { taskId, inputResponses });
    const accept = (answer: unknown) => ({ action: "accept", content: { answer } });
    for (const other of [
      { answer_trn_1: accept("the sea") },
      { [key ?? ""]: { action: "decline" } },
      { [key ?? ""]: "the sea" },
      {},
    ]) {
      expect((await update(other)).result).toMatchObject({ resultType: "complete" });
      expect((await got(member, taskId)).status).toBe("input_required");
    }
    for (const wrong of [{ [key ?? ""]: accept("") }, { [key ?? ""]: accept({}) }])
      expect((await update(wrong)).error?.code).toBe(-32602);
    const answers = await Promise.all([1, 2, 3].map(() => update({ [key ?? ""]: accept(PROMPT) })));
    expect(answers.map(({ result }) => result?.resultType)).toEqual(["complete", "complete", "complete"]);
    const done = await ended(member, taskId);
    expect(done.status).toBe("completed");
    const project = z
      .object({ project_id: z.string() })
      .parse(await calledWell(member, "get_video", { id: taskId })).project_id;
    const turns = await member.get(`/v1/projects/${project}/turns`, z.object({ data: z.array(z.unknown()) }));
    expect(turns.data).toHaveLength(2);
  });

  it("a task is cancelled", async () => {
    const member = await newMember();
    const { taskId } = await started(member, { prompt: `${PROMPT} #slow:1800s` });
    for (let again = 0; again < 2; again += 1)
      expect((await ask(member, "tasks/cancel", { taskId })).result).toMatchObject({ resultType: "complete" });
    expect((await ended(member, taskId)).status).toBe("cancelled");
  });

  it("tasks need the declaration, their header and their owner", async () => {
    const [member, stranger] = [await newMember(), await newMember()];
    const plain = await ask(member, "tools/call", { name: "make_video", arguments: { prompt: PROMPT } }, false);
    expect(plain.result).toMatchObject({ resultType: "complete", structuredContent: { status: "queued" } });
    const { taskId } = await started(member, { prompt: `${PROMPT}, at night` });
    for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
      const undeclared = await ask(member, method, { taskId }, false);
      expect([undeclared.response.status, undeclared.error?.code], method).toEqual([400, -32021]);
      for (const id of [taskId, "vid_1", "", "__proto__"])
        expect(
          (await ask(id === taskId ? stranger : member, method, { taskId: id })).error?.code,
          `${method} ${id}`,
        ).toBe(-32602);
    }
    const old = await post(member.headers, { jsonrpc: "2.0", id: 1, method: "tasks/get", params: { taskId } });
    expect(old.error?.code).toBe(-32601);
    const discovered = await ask(member, "server/discover", {});
    expect(discovered.result).toMatchObject({ capabilities: { extensions: { [EXTENSION]: {} } } });
  });
});
