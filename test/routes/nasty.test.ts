import { describe, expect, it } from "vitest";
import { call, jsonOf, type Member, makeMember, send } from "../support/gateway.ts";

type Operation = { requestBody?: { content: Record<string, { schema: { properties?: Record<string, object> } }> } };
type Document = { paths: Record<string, Record<string, Operation>> };

/** Values that break careless parsers. Each is sent alone, and inside every field that a route declares. */
const VALUES = [
  "null",
  "true",
  "-0",
  "1e999",
  "9007199254740993",
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"\\u202e\\u200b"',
  `"${"🎬".repeat(300)}"`,
  "[]",
  "[[]]",
  "{}",
  '{"__proto__":{"a":"b"}}',
  '{"constructor":"x","toString":"y"}',
  '{"":""}',
  '["*"]',
  '"../../etc"',
  '"http://127.0.0.1/"',
];
const QUERIES = [
  "limit=",
  "limit=-1",
  "limit=1e1",
  "limit=NaN",
  "after=",
  "after=%00",
  "after='--",
  "after=-1",
  "after=99999999999999999999",
  "__proto__=1",
  "%E0%A4=1",
  "format=x",
  "wait=NaN",
  "x[]=1",
];

/** A real id of every owned kind that can be had in one call. */
async function idsOf(member: Member): Promise<Record<string, string>> {
  const project = await jsonOf<{ id: string }>(await send("POST", "/v1/projects", {}, member.headers), 201);
  const upload = await jsonOf<{ id: string }>(
    await send("POST", "/v1/uploads", { filename: "a.png", size_bytes: 3 }, member.headers),
    201,
  );
  const turn = await jsonOf<{ id: string }>(
    await send("POST", `/v1/projects/${project.id}/turns`, { prompt: "a" }, member.headers),
    202,
  );
  return { projects: project.id, uploads: upload.id, turns: turn.id };
}

const withId = (path: string, ids: Record<string, string>): string =>
  path.replace("{id}", ids[path.split("/")[2] ?? ""] ?? "x");

describe("no input is answered with a 5xx", () => {
  it.each(VALUES)("in a body: %s", async (value) => {
    const member = await makeMember();
    const ids = await idsOf(member);
    const { paths } = await jsonOf<Document>(await call("/openapi.json"));
    for (const [path, { post }] of Object.entries(paths)) {
      const fields = Object.keys(post?.requestBody?.content["application/json"]?.schema.properties ?? {});
      if (post === undefined) continue;
      const bodies = [value, ...fields.map((field) => `{${JSON.stringify(field)}:${value}}`)];
      for (const body of bodies) {
        const response = await send("POST", withId(path, ids), body, member.headers);
        await response.body?.cancel();
        expect(response.status, `POST ${path} ${body}`).toBeLessThan(500);
      }
    }
  });

  it("in a query", async () => {
    const member = await makeMember();
    const ids = await idsOf(member);
    const { paths } = await jsonOf<Document>(await call("/openapi.json"));
    for (const [path, { get }] of Object.entries(paths)) {
      if (get === undefined) continue;
      for (const query of QUERIES) {
        const response = await call(`${withId(path, ids)}?${query}`, {
          headers: { ...member.headers, Accept: "application/json" },
        });
        await response.body?.cancel();
        expect(response.status, `GET ${path}?${query}`).toBeLessThan(500);
      }
    }
  });

  it("in a header", async () => {
    const member = await makeMember();
    for (const [name, value] of [
      ["X-User-Id", "Zoë"],
      ["X-User-Id", "'; DROP TABLE projects; --"],
      ["X-User-Id", "../../:"],
      ["Authorization", "Basic"],
      ["Authorization", `Basic ${"A".repeat(4_000)}`],
      ["Accept", "\"',;q=x"],
      ["Prefer", "wait=99999999999999999"],
      ["Range", "bytes=99999999999999999999-"],
      ["If-None-Match", '"'],
      ["Last-Event-ID", "-1"],
      ["Request-Id", "%0d%0a"],
      ["Origin", "null"],
    ] as const) {
      for (const path of ["/v1/projects", "/v1/me", "/healthz"]) {
        const response = await call(path, { headers: { ...member.headers, [name]: value } });
        expect(response.status, `${name}: ${value} on ${path}`).toBeLessThan(500);
      }
    }
  });
});
