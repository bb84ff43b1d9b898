/** The code samples of the OpenAPI document: each compiles, and each sends what its operation declares. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildDocuments } from "../../scripts/lib/openapi.ts";
import { ROOT } from "./support/source-tree.ts";

type Sample = { lang: string; label: string; source: string };
type Media = { example?: unknown };
type Operation = {
  operationId: string;
  security: unknown[];
  "x-codeSamples": Sample[];
  parameters?: { name?: string; in?: string; required?: boolean }[];
  requestBody?: { required?: boolean; content: Record<string, Media> };
  responses: Record<string, { content?: Record<string, Media> }>;
};
type Row = { name: string; method: string; path: string; operation: Operation };
/** What a sample sends. */
type Sent = { method: string; url: string; headers: Record<string, string>; body: string | null };

const ORIGIN = "https://gateway.example";
const KEY = "ngw_test_example";
/** The SDK has no method for these: they serve a link that needs no client, or are parts of `uploads.send`. */
const WITHOUT_SDK = /^(files\.\w+|\w+\.\w+_head|uploads\.(content|append))$/;

const { paths } = (await buildDocuments(ORIGIN)).open as { paths: Record<string, Record<string, Operation>> };
const rows: Row[] = Object.entries(paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, operation]) => ({ name: operation.operationId, method, path, operation })),
);
const sourceOf = ({ operation }: Row, lang: string): string | undefined =>
  operation["x-codeSamples"].find((sample) => sample.lang === lang)?.source;

/** Whether the request is one of this operation: its method, its path, and the query parameters that it requires. */
function expectRequest({ name, method, path, operation }: Row, sent: Sent): void {
  const url = new URL(sent.url);
  expect(sent.method, name).toBe(method.toUpperCase());
  expect(url.origin, name).toBe(ORIGIN);
  expect(decodeURIComponent(url.pathname), name).toMatch(new RegExp(`^${path.replace(/\{\w+\}/g, "[\\w-]+")}$`));
  const declared = operation.parameters?.filter((one) => one.in === "query") ?? [];
  const known = declared.map((one) => one.name);
  expect(
    [...url.searchParams.keys()].filter((key) => !known.includes(key)),
    name,
  ).toEqual([]);
  for (const { name: needed = "", required } of declared)
    if (required) expect(url.searchParams.get(needed), `${name}: ${needed}`).toBeTruthy();
  const isPublic = operation.security.length === 0;
  if (!isPublic) expect(sent.headers.authorization, name).toBe(`Bearer ${KEY}`);
}

/** A command's words, as a shell splits them. Throws for what the samples do not use. */
function wordsOf(command: string): string[] {
  const text = command.replaceAll("\\\n", " ");
  const parts = /\s*((?:"(?:[^"\\$]|\$[A-Z_]+)*"|'[^']*'|\\'|[^\s"'\\$`;&|<>]+)+)/y;
  const words: string[] = [];
  for (parts.lastIndex = 0; parts.lastIndex < text.length; ) {
    const match = parts.exec(text);
    if (match === null) throw new Error(`no word at ${parts.lastIndex} of ${command}`);
    words.push((match[1] ?? "").replace(/"((?:[^"\\])*)"|'([^']*)'|\\'/g, (all, a, b) => a ?? b ?? all.slice(1)));
  }
  return words;
}

/** The request that a curl command sends. */
function requestOf(command: string): Sent {
  const [curl, ...words] = wordsOf(command);
  expect(curl).toBe("curl");
  const sent: Sent = { method: "GET", url: "", headers: {}, body: null };
  const fill = (text: string) => text.replace("$NEMO_GATEWAY_URL", ORIGIN).replace("$NEMO_GATEWAY_API_KEY", KEY);
  for (let at = 0; at < words.length; at++) {
    const value = (): string => words[++at] ?? "";
    const word = words[at] ?? "";
    if (word === "-X") sent.method = value();
    else if (word === "-I") sent.method = "HEAD";
    else if (word === "-d" || word === "--data-binary") sent.body = value();
    else if (word === "-o") value();
    else if (word === "-H") {
      const [, name = "", text = ""] = /^([\w-]+): (.*)$/.exec(value()) ?? [];
      sent.headers[name.toLowerCase()] = fill(text);
    } else if (word.startsWith("$")) sent.url = fill(word);
    else expect(word).toBe("-N");
  }
  return sent;
}

describe("the curl samples", () => {
  it.each(rows)("send what $name declares", (row) => {
    const sent = requestOf(sourceOf(row, "Shell") ?? "");
    expectRequest(row, sent);
    const { requestBody, operationId } = row.operation;
    const content = requestBody?.content ?? {};
    const type = sent.headers["content-type"];
    if (requestBody?.required === true) expect(type, operationId).toBeDefined();
    if (type === undefined) return expect(sent.body).toBeNull();
    expect(Object.keys(content)).toContain(type);
    if (type === "application/json") expect(JSON.parse(sent.body ?? "")).toEqual(content[type]?.example);
    else expect(sent.body).toBe("@clip.mp4");
  });
});

describe("the TypeScript samples", () => {
  const typed = rows.flatMap((row) => {
    const source = sourceOf(row, "TypeScript");
    return source === undefined ? [] : [{ ...row, source }];
  });
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "samples-"));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    writeFileSync(join(folder, "clip.mp4"), "a file");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("are there for every operation that the SDK has", () => {
    const without = rows.filter((row) => sourceOf(row, "TypeScript") === undefined).map(({ name }) => name);
    expect(without.filter((name) => !WITHOUT_SDK.test(name))).toEqual([]);
    expect(typed.filter(({ name, source }) => WITHOUT_SDK.test(name) || source.includes("$body"))).toEqual([]);
  });

  it("compile against packages/sdk", () => {
    for (const { name, source } of typed) writeFileSync(join(folder, `${name}.ts`), source);
    const options = {
      target: "ES2022",
      module: "nodenext",
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      exactOptionalPropertyTypes: true,
      allowImportingTsExtensions: true,
      lib: ["ES2023", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
      types: ["node"],
      typeRoots: [join(ROOT, "node_modules/@types")],
      paths: { "nemo-gateway": [join(ROOT, "packages/sdk/src/index.ts")] },
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, include: ["*.ts"] }));
    const tsc = join(ROOT, "node_modules/.bin/tsc");
    let said = "";
    try {
      execFileSync(tsc, ["-p", folder], { encoding: "utf8" });
    } catch (error) {
      said = String((error as { stdout?: unknown }).stdout);
    }
    expect(said).toBe("");
  });

  it("send what their operations declare", () => {
    const sdk = join(ROOT, "packages/sdk/src/index.ts");
    for (const { name, source } of typed)
      writeFileSync(join(folder, `${name}.ts`), source.replace('"nemo-gateway"', JSON.stringify(sdk)));
    const answers = typed.map(({ name, operation }) => {
      const [[status = "", response] = []] = Object.entries(operation.responses).filter(([code]) => code < "300");
      const example = Object.entries(operation.responses)
        .map(([code, one]) => ({ status: Number(code), body: one.content?.["application/json"]?.example }))
        .find(({ body }) => body !== undefined);
      return [name, example ?? { status: Number(status), body: response?.content === undefined ? null : "a file" }];
    });
    // Answers the first request of each sample as the document's example does, and every later one with an error.
    const program = `
      const sent = {};
      let current = "";
      const answers = ${JSON.stringify(Object.fromEntries(answers))};
      globalThis.fetch = async (url, init = {}) => {
        if (sent[current] !== undefined)
          return Response.json({ code: "not_found", detail: "", status: 404 }, { status: 404 });
        const headers = Object.fromEntries(new Headers(init.headers));
        const body = typeof init.body === "string" ? init.body : null;
        sent[current] = { method: init.method ?? "GET", url: String(url), headers, body };
        const { status, body: answer } = answers[current];
        return answer === null ? new Response(null, { status }) : Response.json(answer, { status });
      };
      const print = console.log;
      console.log = () => {};
      for (current of Object.keys(answers)) {
        const ended = import("./" + current + ".ts").catch((error) => {
          if (sent[current] === undefined) throw error;
        });
        // Some samples never end: they wait for more events.
        await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
        while (sent[current] === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
      }
      print(JSON.stringify(sent));
      process.exit(0);`;
    writeFileSync(join(folder, "run.mjs"), program);
    const env = { ...process.env, NEMO_GATEWAY_URL: ORIGIN, NEMO_GATEWAY_API_KEY: KEY, NODE_NO_WARNINGS: "1" };
    const printed = execFileSync(process.execPath, ["run.mjs"], { cwd: folder, env, encoding: "utf8" });
    const sent = JSON.parse(printed) as Record<string, Sent>;
    for (const row of typed) {
      const request = sent[row.name];
      if (request === undefined) throw new Error(`${row.name} sends nothing`);
      expectRequest(row, request);
    }
  });
});
