/**
 * §2, §3: what is wrong on the wire itself, byte by byte over a socket, since no HTTP library sends it. Every route of the
 * document is asked; `test/routes/bad-input.test.ts` has what libraries do send.
 */
import { connect } from "node:net";
import { beforeAll, expect, it } from "vitest";
import { problemBody } from "../../src/core/wire/common.ts";
import { project } from "../../src/core/wire/project.ts";
import { user as userShape } from "../../src/core/wire/user.ts";
import { BIG_JSON, readsJson } from "../support/bad-requests.ts";
import { type ApiDocument, pathOf, type Route, routesOf } from "../support/document.ts";
import { type Member, newMember, request, served } from "./support/client.ts";

type Answer = { readonly status: number; readonly type: string; readonly body: string };

/** Sends bytes as they are, whatever comes back meanwhile, and reads the answer to its end. */
function onSocket(...chunks: readonly (string | Uint8Array)[]): Promise<Answer> {
  const { hostname, port } = new URL(served.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const got: Buffer[] = [];
    socket.on("data", (chunk) => got.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(answerOf(Buffer.concat(got).toString())));
    for (const chunk of chunks) socket.write(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  });
}

function answerOf(text: string): Answer {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  return {
    status: Number(head.split(" ")[1]),
    type: /^content-type: *(\S+)/im.exec(head)?.[1] ?? "",
    body: rest.join("\r\n\r\n"),
  };
}

let member: Member;
let routes: Route[];
let things: Map<string, string>;
const head = (method: string, path: string, ...lines: string[]): string =>
  [`${method.toUpperCase()} ${path} HTTP/1.1`, "Host: 127.0.0.1", "Connection: close", ...lines].join("\r\n");
const authorization = (): string => `Authorization: ${member.headers.authorization}`;

beforeAll(async () => {
  member = await newMember(null);
  const document = (await (await request("GET", "/openapi.json")).json()) as ApiDocument;
  routes = routesOf(document).filter(({ operation }) => operation["x-scope"] !== "public");
  const parameters = routes.flatMap(({ operation }) => operation.parameters ?? []);
  const examples = parameters.filter((one) => one.in === "path").map(({ schema }) => String(schema.example));
  // Ids of nothing: what is wrong here is seen before anything is looked up.
  things = new Map([...examples.map((id) => [id.slice(0, 3), id] as const), ["generators", "free-generation-maker"]]);
});

/** Expects a problem document of this code that names the field. HEAD has the status alone. */
function expectProblem(route: Route, what: string, answer: Answer, status: number, code: string, names: string): void {
  const asked = `${route.name}: ${what}: ${answer.body}`;
  expect(answer.status, asked).toBe(status);
  if (route.method === "head") return;
  expect(answer.type, asked).toBe("application/problem+json");
  const rejected = problemBody.parse(JSON.parse(answer.body));
  expect(rejected.code, asked).toBe(code);
  expect(JSON.stringify([rejected.detail, rejected.errors]), asked).toContain(names);
}

const BAD_NAMES: Readonly<Record<string, readonly number[]>> = {
  "a tab": [0x61, 0x09, 0x62],
  "a bell": [0x61, 0x07],
  DEL: [0x61, 0x7f],
  "a C1 control in UTF-8": [0x61, 0xc2, 0x85],
  "Latin-1": [0x5a, 0x6f, 0xeb],
  "half a character": [0x5a, 0x6f, 0xc3],
  "a surrogate": [0xed, 0xa0, 0x80],
  "an overlong slash": [0xc0, 0xaf],
  nothing: [],
};

it("§2.3 a user name that is not UTF-8 or has control characters is rejected by every route", async () => {
  for (const route of routes) {
    for (const [what, bytes] of Object.entries(BAD_NAMES)) {
      const start = head(
        route.method,
        pathOf(route, things, "ada"),
        authorization(),
        "Content-Length: 0",
        "X-User-Id: ",
      );
      const answer = await onSocket(start, Uint8Array.from(bytes), "\r\n\r\n");
      expectProblem(route, what, answer, 422, "invalid_request", "header:X-User-Id");
    }
  }
});

it("§2.3 a name in UTF-8 is the same user in the header and percent-encoded in a path", async () => {
  const name = "Zoë 🎬";
  const start = head("POST", "/v1/projects", authorization(), "Content-Length: 0", `X-User-Id: ${name}`);
  const made = await onSocket(start, "\r\n\r\n");
  expect(made.status, made.body).toBe(201);
  expect(project.parse(JSON.parse(made.body)).id).toMatch(/^prj_/);
  expect((await member.get(`/v1/users/${encodeURIComponent(name)}`, userShape)).id).toBe(name);
});

it("§2.1 10 MB of JSON are rejected by every route, with a length or chunked, and the sender receives the answer", async () => {
  for (const route of routes.filter(readsJson)) {
    const path = pathOf(route, things, "ada");
    const lines = [authorization(), "Content-Type: application/json"];
    const announced = head(route.method, path, ...lines, `Content-Length: ${BIG_JSON.byteLength}`);
    const whole = await onSocket(announced, "\r\n\r\n", BIG_JSON);
    expectProblem(route, "announced", whole, 413, "request_too_large", "256000");
    const chunked = head(route.method, path, ...lines, "Transfer-Encoding: chunked");
    const size = BIG_JSON.byteLength.toString(16);
    const chunks = await onSocket(chunked, `\r\n\r\n${size}\r\n`, BIG_JSON, "\r\n0\r\n\r\n");
    expectProblem(route, "in chunks", chunks, 413, "request_too_large", "256000");
  }
});

it("§3.1 a request that is not HTTP is rejected before routing, and dots in a path lead nowhere else", async () => {
  // What the runtime itself rejects has no problem document: it knows no route.
  for (const [line, more] of [
    ["/v1/me", "X-User-Id: a\u0000b"],
    ["/v1/projects/a b", ""],
    ["/v1/projects/\u0001", ""],
  ] as const) {
    const answer = await onSocket(head("GET", line, authorization()), `\r\n${more}\r\n\r\n`);
    expect({ status: answer.status, type: answer.type }, line).toEqual({ status: 400, type: "text/plain" });
  }
  for (const path of [
    "/v1/../../etc/passwd",
    "//etc/v1/me",
    "/v1/projects/%2e%2e%2fkeys",
    "/v1/projects/%00",
    "/v1/%zz",
  ]) {
    const answer = await onSocket(head("GET", path, authorization()), "\r\n\r\n");
    expect({ status: answer.status, type: answer.type }, path).toEqual({
      status: 404,
      type: "application/problem+json",
    });
  }
});
