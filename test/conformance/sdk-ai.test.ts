/** The AI SDK's own functions over the video model and the chat transport of `packages/sdk`. */

import { setTimeout as sleep } from "node:timers/promises";
import { experimental_generateVideo as generateVideo, readUIMessageStream, type UIMessage } from "ai";
import { describe, expect, it } from "vitest";
import { createNemo, NemoChatTransport } from "../../packages/sdk/src/ai.ts";
import { NemoGateway } from "../../packages/sdk/src/index.ts";
import { newMember, served, until } from "./support/client.ts";
import { startReceiver } from "./support/receiver.ts";

Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false }); // the test reads them

async function optionsOf() {
  const member = await newMember();
  const user = member.user === null ? {} : { user: member.user };
  return { apiKey: member.key.secret, baseURL: served.url, ...user };
}

async function download({ url }: { readonly url: URL }): Promise<{ data: Uint8Array; mediaType: string | undefined }> {
  const response = await fetch(url);
  return {
    data: new Uint8Array(await response.arrayBuffer()),
    mediaType: response.headers.get("content-type") ?? undefined,
  };
}

const userMessage = (text: string): UIMessage => ({
  id: crypto.randomUUID(),
  role: "user",
  parts: [{ type: "text", text }],
});

const textOf = (message: UIMessage | undefined): string =>
  (message?.parts ?? []).flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");

describe.concurrent("the video model", () => {
  it("makes a playable file, and says what it sent as words", async () => {
    const nemo = createNemo(await optionsOf());
    const { video, warnings } = await generateVideo({
      model: nemo.video("default"),
      prompt: "make a video of the sea",
      aspectRatio: "9:16",
      duration: 2,
      seed: 7,
      poll: { intervalMs: 50 },
      download, // the AI SDK's own rejects loopback addresses
    });
    expect(new TextDecoder().decode(video.uint8Array.slice(4, 8))).toBe("ftyp");
    expect(warnings.map((warning) => ("feature" in warning ? warning.feature : warning.type))).toEqual(
      expect.arrayContaining(["aspectRatio", "duration", "seed"]),
    );
  });

  it("learns of the end from a webhook, and reads the video once", async () => {
    const receiver = await startReceiver();
    const asked: string[] = [];
    const counting: typeof globalThis.fetch = (input, init) => {
      const request = new Request(input, init);
      asked.push(request.method);
      return fetch(request);
    };
    const received = until(
      async () => receiver.received[0],
      (got) => got !== undefined,
    ).then((got) => ({ body: JSON.parse(got?.body ?? "null"), headers: {} }));
    const { video } = await generateVideo({
      model: createNemo({ ...(await optionsOf()), fetch: counting }).video("default"),
      prompt: "make a 2 second video of the sea",
      webhook: async () => ({ url: receiver.url, received }),
      download,
    });
    receiver.close();
    expect(new TextDecoder().decode(video.uint8Array.slice(4, 8))).toBe("ftyp");
    expect((await received).body).toMatchObject({ type: "video.completed" });
    expect(asked).toEqual(["POST", "GET"]);
  });

  it("fails with the agent's question", async () => {
    const nemo = createNemo(await optionsOf());
    const asked = generateVideo({
      model: nemo.video(),
      prompt: "make a video #fault:question",
      poll: { intervalMs: 50 },
      maxRetries: 0,
    });
    await expect(asked).rejects.toThrow(/The agent asks/);
  });
});

describe.concurrent("the chat transport", () => {
  it("gives a message whose text is the turn's, and again after a reload in the middle", async () => {
    const client = new NemoGateway(await optionsOf());
    const { id: project } = await client.projects.create();
    const transport = new NemoChatTransport({ client, project });
    const sent = userMessage("make a video of the sea with music #slow:600s #fault:partial");
    const stop = new AbortController();
    const stream = await transport.sendMessages({
      trigger: "submit-message",
      chatId: "chat",
      messageId: undefined,
      messages: [sent],
      abortSignal: stop.signal,
    });
    const reader = stream.getReader();
    expect((await reader.read()).value).toMatchObject({ type: "start" });
    await reader.cancel(); // the page is reloaded
    const resumed = await transport.reconnectToStream({ chatId: "chat" });
    expect(resumed).not.toBeNull();
    let last: UIMessage | undefined;
    for await (const message of readUIMessageStream({ stream: resumed ?? new ReadableStream() })) last = message;
    const [turn] = (await client.turns.list(project)).data;
    expect(textOf(last)).toBe(turn?.text);
    expect(last?.parts.some(({ type }) => type === "data-timeline")).toBe(true);
    expect(await transport.reconnectToStream({ chatId: "chat" })).toBeNull();
  });

  it("sends a message once, however often it is submitted", async () => {
    const client = new NemoGateway(await optionsOf());
    const { id: project } = await client.projects.create();
    const transport = new NemoChatTransport({ client, project });
    const options = {
      trigger: "submit-message",
      chatId: "chat",
      messageId: undefined,
      messages: [userMessage("hello")],
      abortSignal: undefined,
    } as const;
    for (let n = 0; n < 2; n++) {
      const stream = await transport.sendMessages({ ...options, messages: [...options.messages] });
      const types: string[] = [];
      for await (const { type } of stream) types.push(type);
      expect(types.at(-1)).toBe("finish");
    }
    expect((await client.turns.list(project)).data).toHaveLength(1);
    // useChat keeps the id of a message that the user edits.
    const edited = options.messages.map((message) => ({
      ...message,
      parts: [{ type: "text", text: "goodbye" } as const],
    }));
    const stream = await transport.sendMessages({ ...options, messages: edited });
    for await (const { type } of stream) if (type === "finish") break;
    expect((await client.turns.list(project)).data.map(({ prompt }) => prompt)).toEqual(["goodbye", "hello"]);
  });

  it("closes its connection when its stream is cancelled while the agent is silent", async () => {
    let opened = 0;
    let cancelled = 0;
    /** The gateway with event streams that stop after the first chunk. */
    const silent: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (response.body === null || !response.headers.get("content-type")?.startsWith("text/event-stream"))
        return response;
      const reader = response.body.getReader();
      const first = await reader.read();
      opened++;
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(first.value),
        cancel: (reason) => {
          cancelled++;
          return reader.cancel(reason);
        },
      });
      return new Response(body, { status: response.status, headers: response.headers });
    };
    const client = new NemoGateway({ ...(await optionsOf()), fetch: silent });
    const { id: project } = await client.projects.create();
    const stream = await new NemoChatTransport({ client, project }).sendMessages({
      trigger: "submit-message",
      chatId: "chat",
      messageId: undefined,
      messages: [userMessage("make a video #slow:900s")],
      abortSignal: undefined,
    });
    const reader = stream.getReader();
    let waiting = reader.read();
    const isSilent = async () => (await Promise.race([waiting, sleep(500)])) === undefined;
    while (opened === 0 || !(await isSilent())) {
      await waiting;
      waiting = reader.read();
    }
    await reader.cancel();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await until(
      async () => cancelled,
      (count) => count > 0,
    );
    expect(cancelled).toBe(1);
  });
});
