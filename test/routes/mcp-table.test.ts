/**
 * Every tool of MCP, and everything else that takes an id, with what it is not for: callers of other tenants, users, modes and
 * scopes, and values that its own schema excludes. What is tried follows from `tools/list`, so a new tool is covered without a
 * line here, unless its arguments have names of their own.
 */
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { SCOPES } from "../../src/core/wire/key.ts";
import type { UserTokenWire } from "../../src/core/wire/user.ts";
import { isOpenTo } from "../../src/mcp/tool.ts";
import { TOOLS } from "../../src/mcp/tools.ts";
import { call, jsonOf, type Member, makeKey, makeMember, send } from "../support/gateway.ts";
import { askModern, askOld, type Rpc, sendMessage, textOf, toolResultOf } from "../support/mcp.ts";
import { createResources, endOfResources } from "../support/resources.ts";

type Headers = Record<string, string>;
type Property = { readonly pattern?: string; readonly type?: string; readonly enum?: readonly unknown[] };
type ListedTool = {
  readonly name: string;
  readonly inputSchema: {
    readonly properties: Readonly<Record<string, Property>>;
    readonly required?: readonly string[];
  };
};

let owner: Member;
/** The owner's headers, for its user. */
let named: Headers;
/** What there is to reach, by the prefix of its id. */
let resources: Map<string, string>;
let tools: readonly ListedTool[];

const bearer = (secret: string): Headers => ({ Authorization: `Bearer ${secret}` });
const listed = async (headers: Headers) => (await askOld(headers, "tools/list")).result?.tools as readonly ListedTool[];
const idOf = (prefix: string): string => resources.get(prefix) ?? "";

beforeAll(async () => {
  owner = await makeMember(null);
  named = { ...owner.headers, "X-User-Id": "ada" };
  const ask = (path: string, init?: RequestInit) => call(path, { ...init, headers: { ...init?.headers, ...named } });
  resources = await createResources(ask);
  await endOfResources(ask, resources); // what is in the lists afterwards must not be from these
  tools = await listed(named);
});

afterEach(() => void vi.restoreAllMocks());

/** Values by the name of an argument, where its pattern does not name the kind of an id. */
const VALUES: Readonly<Record<string, unknown>> = {
  prompt: "make a 1 second video",
  url: "https://example.com/a.mp4",
  filename: "a.mp4",
  size_bytes: 3,
};

/** The prefix of the ids that an argument takes; null for an argument that is no id. */
const prefixOf = ({ pattern = "" }: Property): string | null =>
  /^\^([a-z]{3})_\[0-9a-z\]\{36\}\$$/.exec(pattern)?.[1] ?? null;

/** The tool's required arguments, with the owner's ids. */
function argumentsOf({ name, inputSchema: { properties, required = [] } }: ListedTool): Record<string, unknown> {
  const needed = name === "make_video" ? ["prompt"] : required;
  return Object.fromEntries(
    needed.map((one) => {
      const prefix = prefixOf(properties[one] ?? {});
      const value = prefix === null ? VALUES[one] : idOf(prefix);
      if (value === undefined || value === "") throw new Error(`${name} needs a value for ${one} in this test`);
      return [one, value];
    }),
  );
}

/** Every call that names a resource of the owner. */
const callsWithIds = (): { name: string; args: Record<string, unknown> }[] => [
  ...tools.flatMap((tool) =>
    Object.entries(tool.inputSchema.properties).flatMap(([field, property]) => {
      const prefix = prefixOf(property);
      return prefix === null || field === "after"
        ? []
        : [{ name: tool.name, args: { ...argumentsOf(tool), [field]: idOf(prefix) } }];
    }),
  ),
  ...["upl", "ast"].map((prefix) => ({ name: "make_video", args: { prompt: VALUES.prompt, assets: [idOf(prefix)] } })),
  { name: "make_video", args: { generator: idOf("generators") } },
];

/** Everything of the owner that a call could change or create. */
async function everything(): Promise<string> {
  const paths = [
    ...["/v1/projects", "/v1/videos", "/v1/uploads", "/v1/renders"],
    `/v1/projects/${idOf("prj")}/turns`,
    "/v1/assets",
  ];
  const seen = paths.map(async (path) => {
    const { data } = await jsonOf<{ data: { id: string }[] }>(await call(`${path}?limit=100`, { headers: named }));
    return [path, ...data.map(({ id }) => id)];
  });
  return JSON.stringify(await Promise.all(seen));
}

const tokenOf = async (headers: Headers, user: string): Promise<Headers> =>
  bearer((await jsonOf<UserTokenWire>(await send("POST", `/v1/users/${user}/tokens`, {}, headers), 201)).token);

describe("callers that a resource does not belong to", () => {
  const WRONG: Readonly<Record<string, () => Promise<Headers>>> = {
    "another tenant": async () => ({ ...(await makeMember(null)).headers, "X-User-Id": "ada" }),
    "the other mode": async () => ({
      ...bearer((await makeKey(owner.tenant.id, { mode: "live" })).secret),
      "X-User-Id": "ada",
    }),
    "another user of the tenant": async () => ({ ...owner.headers, "X-User-Id": "bob" }),
    "another user's token": () => tokenOf(owner.headers, "bob"),
  };
  /** Generators belong to a tenant, in both modes. */
  const ofTenant = (who: string): boolean => who !== "another tenant";

  it.each(Object.keys(WRONG))("%s: no tool, resource, completion or task returns or changes anything", async (who) => {
    const headers = (await WRONG[who]?.()) ?? {};
    const before = await everything();
    for (const { name, args } of callsWithIds()) {
      if (args.generator !== undefined && ofTenant(who)) continue;
      if (args.assets !== undefined && who === "the other mode") continue; // a live video leaves for Nemo
      const result = await toolResultOf(headers, name, args);
      const says = expect.stringMatching(
        args.assets === undefined ? /not_found/ : /not_found|names a file that does not exist/,
      );
      expect([result.isError, textOf(result)], `${name} ${JSON.stringify(args)}`).toEqual([true, says]);
    }
    const uris = [`nemo://videos/${idOf("vid")}`, `nemo://projects/${idOf("prj")}/timeline`];
    if (!ofTenant(who)) uris.push(`nemo://generators/${idOf("generators")}`);
    for (const uri of uris)
      for (const read of [askOld, askModern])
        expect((await read(headers, "resources/read", { uri })).error?.code, uri).toBe(-32_602);
    for (const method of ["tasks/get", "tasks/update", "tasks/cancel"])
      expect((await askModern(headers, method, { taskId: idOf("vid") })).error?.code, method).toBe(-32_602);
    const shown = await Promise.all([
      askOld(headers, "resources/list"),
      ...["nemo://videos/{id}", "nemo://projects/{id}/timeline"].map((uri) =>
        askOld(headers, "completion/complete", {
          ref: { type: "ref/resource", uri },
          argument: { name: "id", value: "" },
        }),
      ),
      toolResultOf(headers, "list_videos", {}),
      toolResultOf(headers, "list_videos", { after: idOf("vid") }),
    ]);
    for (const id of ["vid", "prj", "trn", "rnd", "upl", "ast"]) expect(JSON.stringify(shown)).not.toContain(idOf(id));
    expect(await everything()).toBe(before);
  });

  it("and the owner reads it all", async () => {
    for (const [name, args] of [
      ["get_video", { id: idOf("vid") }],
      ["wait_for_render", { id: idOf("rnd") }],
      ["wait_for_turn", { id: idOf("trn") }],
      ["get_timeline", { project: idOf("prj") }],
    ] as const)
      expect((await toolResultOf(named, name, args)).isError, name).toBeUndefined();
    expect((await askModern(named, "tasks/get", { taskId: idOf("vid") })).result).toMatchObject({
      taskId: idOf("vid"),
    });
  });
});

describe("scopes", () => {
  it.each(SCOPES)("without the scope %s the tools that need it neither show nor answer", async (scope) => {
    const scopes = SCOPES.filter((one) => one !== scope);
    const headers = { ...bearer((await makeKey(owner.tenant.id, { scopes })).secret), "X-User-Id": "ada" };
    const expected = TOOLS.filter((tool) => !tool.scopes.includes(scope)).map(({ name }) => name);
    expect((await listed(headers)).map(({ name }) => name)).toEqual(expected);
    for (const tool of tools.filter(({ name }) => !expected.includes(name)))
      expect((await askOld(headers, "tools/call", { name: tool.name, arguments: argumentsOf(tool) })).error?.code).toBe(
        -32_602,
      );
    const needs: [string, Record<string, unknown>, string][] = [
      ["tasks/get", { taskId: idOf("vid") }, "read"],
      ["tasks/cancel", { taskId: idOf("vid") }, "chat"],
      ["tasks/update", { taskId: idOf("vid"), inputResponses: {} }, "chat"],
    ];
    for (const [method, params, needed] of needs.filter(([, , one]) => one === scope))
      expect((await askModern(headers, method, params)).error?.data, `${method} ${needed}`).toMatchObject({
        code: "missing_scope",
      });
    if (scope !== "read") return;
    const ref = { type: "ref/prompt", name: "x" };
    const params = { uri: "nemo://videos/vid_1", name: "x", ref, argument: { name: "x", value: "" } };
    for (const method of ["resources/list", "resources/read", "prompts/list", "prompts/get", "completion/complete"])
      expect((await askOld(headers, method, params)).error?.code, method).toBe(-32_601);
  });

  it("every tool needs a scope, and a key without any sees none", () => {
    for (const tool of TOOLS) {
      expect(tool.scopes.length, tool.name).toBeGreaterThan(0);
      const scopeless = { var: { caller: { scopes: [], grant: null } } } as unknown as Parameters<typeof isOpenTo>[1];
      expect(isOpenTo(tool, scopeless)).toBe(false);
    }
  });

  it("a video with addresses in assets needs the scope upload", async () => {
    const headers = bearer((await makeKey(owner.tenant.id, { scopes: ["chat", "render"] })).secret);
    const result = await toolResultOf(headers, "make_video", { prompt: VALUES.prompt, assets: [VALUES.url] });
    expect([result.isError, textOf(result)]).toEqual([true, expect.stringContaining("missing_scope")]);
  });
});

/** Sixty levels of arrays, and as many of objects. */
const DEEP: readonly unknown[] = [
  JSON.parse(`${"[".repeat(20)}${"]".repeat(20)}`),
  JSON.parse(`${'{"a":'.repeat(20)}1${"}".repeat(20)}`),
];
/** Values that no argument of any tool takes. */
const NEVER: readonly unknown[] = [{ zz: {} }, [[["zz"]]], ...DEEP, "x".repeat(100_000)];
/** Text that breaks careless code; some arguments take it. */
const TRICKS: readonly unknown[] = [
  ...[
    "\u0000",
    "a\u0000b",
    "\ud800",
    "\udc00a",
    "__proto__",
    "constructor",
    "../../admin",
    "%00",
    "' OR 1=1 --",
    "‮🎬",
    "",
  ],
  ...[null, true, -1, 1e308, 1.5, Number.MAX_SAFE_INTEGER, [], {}],
];

/** Fails for an answer that only a bug gives. */
function expectNoBug({ status, error, result }: Rpc, what: string): void {
  expect(status, what).toBeLessThan(500);
  expect(error?.code, `${what}: ${error?.message}`).not.toBe(-32_603);
  expect(JSON.stringify(result ?? {}), what).not.toContain("(internal,");
}

describe("values that nothing takes", () => {
  const watched = () => vi.spyOn(console, "error").mockImplementation(() => undefined);

  it("in every argument of every tool are rejected by name, or are values, and are never a bug", async () => {
    const printed = watched();
    const stranger = { ...(await makeMember(null)).headers, "X-User-Id": "ada" }; // its own user, which creates what it may
    const tried: string[] = [];
    let fields = 0; // each gets a third of the tricks: a call of every field with every one would take a minute
    for (const tool of tools) {
      for (const field of Object.keys(tool.inputSchema.properties)) {
        for (const value of NEVER) {
          const isVariables = field === "variables" && !Array.isArray(value); // takes any name
          const args = { ...argumentsOf(tool), [field]: value };
          const result = await toolResultOf(stranger, tool.name, args);
          const what = `${tool.name} ${field} ${JSON.stringify(value).slice(0, 30)}`;
          expect(result.isError, what).toBe(true);
          expect(textOf(result).length, what).toBeLessThanOrEqual(600);
          if (!isVariables) expect(textOf(result), what).toContain(field);
          tried.push(what);
        }
        fields += 1;
        for (const value of TRICKS.filter((_, at) => at % 3 === fields % 3)) {
          const args = { ...argumentsOf(tool), [field]: value };
          // Without the ids of another tenant nothing is found; what the schema takes is then not_found.
          expectNoBug(
            await askOld(stranger, "tools/call", { name: tool.name, arguments: args }),
            `${tool.name} ${field} ${JSON.stringify(value)}`,
          );
        }
      }
      for (const args of [[], "text", 7, true, { ...argumentsOf(tool), zz: 1 }, { constructor: { id: 1 } }]) {
        const answer = await askOld(stranger, "tools/call", { name: tool.name, arguments: args });
        expectNoBug(answer, `${tool.name} ${JSON.stringify(args)}`);
        expect(
          answer.error !== undefined || answer.result?.isError === true,
          `${tool.name} ${JSON.stringify(args)}`,
        ).toBe(true);
      }
    }
    expect(tried.length).toBeGreaterThan(tools.length * NEVER.length);
    expect(printed.mock.calls).toEqual([]);
  });

  it("in messages, requests and their metadata are errors, and are never a bug", async () => {
    const printed = watched();
    const uris = [
      "nemo://videos/../../x",
      `nemo://videos/${"x".repeat(100_000)}`,
      "nemo://videos/%00",
      "nemo://videos/\ud800",
      "nemo:",
      "",
      "nemo://generators/__proto__",
    ];
    const requests: [string, unknown][] = [
      ...["__proto__", "constructor", "toString", "", "tools/call/x", "\u0000", "x".repeat(10_000)].map(
        (name): [string, unknown] => [name, {}],
      ),
      ...["__proto__", "constructor", "hasOwnProperty", "", "\ud800", "x".repeat(10_000), 7, null, {}, []].map(
        (name): [string, unknown] => ["tools/call", { name, arguments: {} }],
      ),
      ...["__proto__", "constructor", "", "\ud800", "../x", 7, null, {}].map((name): [string, unknown] => [
        "prompts/get",
        { name },
      ]),
      ["prompts/get", { name: "generator-online", arguments: { ["__proto__"]: 1, topic: {} } }],
      ["prompts/get", { name: "generator-online", arguments: [] }],
      ...[...uris, 7, null, {}].map((uri): [string, unknown] => ["resources/read", { uri }]),
      ...["zz", "\u0000", 7, {}, "x".repeat(10_000)].flatMap((cursor): [string, unknown][] =>
        ["tools/list", "resources/list", "resources/templates/list", "prompts/list"].map((method) => [
          method,
          { cursor },
        ]),
      ),
      ...[
        {},
        { type: "ref/zz" },
        { type: "ref/prompt", name: "__proto__" },
        { type: "ref/resource", uri: "nemo://videos/{id" },
        { type: "ref/resource", uri: "__proto__" },
        null,
      ].flatMap((ref): [string, unknown][] =>
        [{ name: "id", value: "" }, { name: "__proto__", value: "\ud800" }, { name: 7, value: {} }, null].map(
          (argument) => ["completion/complete", { ref, argument }],
        ),
      ),
      ...[[], "text", 7, null].map((params): [string, unknown] => ["tools/list", params]),
      ...[
        "logging/setLevel",
        "resources/subscribe",
        "subscriptions/listen",
        "sampling/createMessage",
        "elicitation/create",
        "roots/list",
      ].map((method): [string, unknown] => [method, { level: {}, uri: 7 }]),
    ];
    for (const [method, params] of requests)
      for (const sent of [askOld, askModern]) {
        if (sent === askModern && (typeof params !== "object" || params === null || !/^[a-z/]+$/i.test(method)))
          continue;
        expectNoBug(
          await sent(named, method, params as Record<string, unknown>),
          `${method} ${JSON.stringify(params)?.slice(0, 60)}`,
        );
      }
    expect(printed.mock.calls).toEqual([]);
  });

  it("in JSON-RPC ids, progress tokens and envelopes neither stop a call nor start a second one", async () => {
    const printed = watched();
    const message = {
      jsonrpc: "2.0",
      method: "tools/call",
      params: { name: "get_video", arguments: { id: idOf("vid") } },
    };
    for (const id of [0, -1, 9e15, "", "x".repeat(10_000), "\u0000", "\ud800", "__proto__"])
      expect(await sendMessage(named, { ...message, id }), String(id).slice(0, 20)).toMatchObject({ status: 200 });
    for (const id of [{}, [], true, [1], 1.5, null]) {
      const answer = await sendMessage(named, { ...message, id });
      expect([answer.status, answer.error?.code], JSON.stringify(id)).toEqual([400, -32_600]);
    }
    for (const progressToken of [0, "", "\ud800", "x".repeat(10_000), "__proto__", {}, [], null, true]) {
      const params = { ...message.params, _meta: { progressToken } };
      expectNoBug(await sendMessage(named, { ...message, id: 1, params }), JSON.stringify(progressToken).slice(0, 20));
    }
    for (const _meta of [
      [],
      "text",
      7,
      { "io.modelcontextprotocol/protocolVersion": {} },
      { "io.modelcontextprotocol/clientCapabilities": [] },
      JSON.parse('{"__proto__":{}}'),
    ])
      for (const headers of [
        named,
        { ...named, "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "get_video" },
      ])
        expectNoBug(
          await sendMessage(headers, { ...message, id: 1, params: { ...message.params, _meta } }),
          JSON.stringify(_meta),
        );
    expect(printed.mock.calls).toEqual([]);
  });

  it("several messages in one body, other content types and foreign sessions", async () => {
    const ping = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
    for (const body of [
      `${ping}${ping}`,
      `${ping}\n${ping}`,
      `[${ping},${ping}]`,
      "[]",
      "null",
      '"text"',
      "7",
      "true",
      `${ping},`,
      `\ufeff{`,
    ]) {
      const { status, error, id } = await sendMessage(named, body);
      expect([status, error?.code === -32_700 || error?.code === -32_600, id], body).toEqual([400, true, null]);
    }
    for (const type of ["text/html", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]) {
      const { status, id } = await sendMessage({ ...named, "Content-Type": type }, "zz=1");
      expect([status, id], type).toEqual([415, null]);
    }
    expect((await sendMessage({ ...named, "Content-Encoding": "gzip" }, ping)).status).toBe(415);
    expect((await sendMessage({ ...named, Accept: "text/html" }, ping)).status).toBe(406);
    for (const session of ["other", "../..", "x".repeat(5_000)])
      expect((await sendMessage({ ...named, "Mcp-Session-Id": session, "Last-Event-ID": "9" }, ping)).status).toBe(200);
    expect((await sendMessage({ ...named, "MCP-Protocol-Version": "1999-01-01" }, ping)).status).toBe(400);
    expect(await sendMessage({ ...named, "X-Long": "x".repeat(9_000) }, ping)).toMatchObject({
      id: null,
      error: { code: -32_000 },
    });
  });

  it("notifications, and answers without a request, are accepted and do nothing", async () => {
    const before = await everything();
    for (const message of [
      { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1, reason: "\ud800" } },
      { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: {} } },
      { jsonrpc: "2.0", method: "notifications/initialized" },
      {
        jsonrpc: "2.0",
        method: "tools/call",
        params: { name: "make_video", arguments: { prompt: "as a notification" } },
      },
      { jsonrpc: "2.0", id: 1, result: { action: "accept", content: {} } },
      { jsonrpc: "2.0", id: 1, error: { code: 1, message: "x" } },
    ]) {
      const { status, result } = await sendMessage(named, message);
      expect([status < 500, result], JSON.stringify(message)).toEqual([true, undefined]);
    }
    expect(await everything()).toBe(before);
  });
});
