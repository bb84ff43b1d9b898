/** The built documentation: complete, its links lead somewhere, and what the guides list is what the code has. */
import { execFileSync, spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { transformSync } from "esbuild";
import { afterAll, describe, expect, it } from "vitest";
import { ROOT } from "../../scripts/lib/root.ts";
import { ERRORS } from "../../src/core/errors.ts";
import { FAULTS } from "../../src/core/sandbox-faults.ts";
import { readWords } from "../../src/sandbox/faults.ts";

const temporary = mkdtempSync(join(tmpdir(), "docs-test-"));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
const folder = join(temporary, "site");

const build = (): void => void execFileSync(process.execPath, [join(ROOT, "scripts/build-docs.ts"), folder]);
const pathsIn = (): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
const numbers = () => Object.fromEntries(pathsIn().map((path) => [path, statSync(join(folder, path)).ino]));
const read = (path: string): string => readFileSync(join(folder, path), "utf8");
const guide = (name: string): string => readFileSync(join(ROOT, "docs", `${name}.md`), "utf8");

build();
const pages = pathsIn().filter((path) => path.endsWith(".html"));

it("is built once, changes only files that differ, and removes others", () => {
  const first = numbers();
  rmSync(`${folder}.stamp`);
  writeFileSync(join(folder, "docs/assets/style.css"), "half of it");
  writeFileSync(join(folder, "docs/old.html"), "of an earlier version");
  build();
  const { "docs/assets/style.css": style, ...others } = numbers();
  const { "docs/assets/style.css": before, ...same } = first;
  expect(others).toEqual(same);
  expect(style).not.toBe(before);
  expect(read("docs/assets/style.css").length).toBeGreaterThan(5_000);
  build(); // nothing has changed
  expect(numbers()).toEqual({ ...same, "docs/assets/style.css": style });
});

it("has every guide and every section of the reference as a page and as Markdown, and lists them in llms.txt", () => {
  const guides = readdirSync(join(ROOT, "docs")).map((name) => `docs/${name.replace(/\.md$/, "")}`);
  expect(guides.length).toBeGreaterThanOrEqual(7);
  const list = read("llms.txt");
  for (const path of [...guides, "docs/protocol", "docs/reference", "docs/reference/videos", "docs/reference/events"]) {
    expect(read(`${path}.html`)).toContain("<h1>");
    expect(read(`${path}.md`)).toMatch(/^# /);
    expect(list).toContain(`(https://gateway.example/${path}.md)`);
    expect(read("docs/quick-start.html")).toContain(`<a href="/${path}"`);
  }
});

it("has no link that leads nowhere, to a page or to a place in it", () => {
  const ids = new Map(
    pages.map((path) => [path, new Set([...read(path).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]),
  );
  const broken = pages.flatMap((from) =>
    [...read(from).matchAll(/<a [^>]*href="(?:https:\/\/gateway\.example)?([/#][^"]*|)"/g)].flatMap(([, href = ""]) => {
      const [path = "", anchor] = href.split("#");
      if (path === "/openapi.json") return [];
      const file = path === "" ? from : path === "/" ? "index.html" : path.slice(1);
      const page = ids.has(`${file}.html`) ? `${file}.html` : file;
      const exists = ids.has(page)
        ? anchor === undefined || (ids.get(page)?.has(anchor) ?? false)
        : pathsIn().includes(page);
      return exists ? [] : [`${from}: ${href}`];
    }),
  );
  expect(broken).toEqual([]);
  for (const path of pages)
    expect(read(path), path).not.toMatch(/href="[^"]*\.md[#"]?[^"]*\.md|href="(?!https?:|\/|#)/);
});

it("has one anchor for each operation, event and object", () => {
  for (const path of pages) {
    const found = [...read(path).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(found).size, path).toBe(found.length);
  }
  expect(read("docs/reference/videos.html")).toContain('id="videos.create"');
  expect(read("docs/reference/events.html")).toContain('id="video.completed"');
  expect(read("docs/reference/objects.html")).toContain('id="Video"');
});

describe("a guide", () => {
  it("lists every error code with its status, its title and whether a retry can help", () => {
    const text = guide("errors");
    for (const [code, { status, title, retryable }] of Object.entries(ERRORS))
      expect(text).toContain(
        `\n### \`${code}\`\n\n${status} · ${title} · ${retryable ? "retryable" : "not retryable"}\n\n`,
      );
    expect(text.match(/^### /gm)).toHaveLength(Object.keys(ERRORS).length);
    expect(text.match(/^\*\*What to do:\*\* ./gm)).toHaveLength(Object.keys(ERRORS).length);
  });

  it("lists every word of the sandbox and what it does, and no other", () => {
    const text = guide("testing");
    for (const [name, meaning] of Object.entries(FAULTS)) expect(text).toContain(`| \`#fault:${name}\` | ${meaning} |`);
    const named = [...text.matchAll(/#fault:([a-z0-9_]+(?:@t)?)/g)].map(([, name = ""]) => name);
    expect(named.filter((name) => !(name in FAULTS) && !(`${name}@t` in FAULTS))).toEqual([]);
    const words = text.match(/#(?:fault|slow)[a-z_]*(?:[:@]\w+)*/g) ?? [];
    for (const word of words.filter((one) => !/[:@]t$|^#fault:?$/.test(one)))
      expect([word, readWords(word)]).toMatchObject([word, { unknown: [], rest: "" }]);
    for (const word of ["#slow:t", "#slow_render:t"]) expect(text).toContain(`| \`${word}\` |`);
  });

  it("has no JSON, JavaScript or TypeScript that cannot be parsed", () => {
    for (const name of readdirSync(join(ROOT, "docs"))) {
      const text = guide(name.replace(/\.md$/, ""));
      for (const [, language, code = ""] of text.matchAll(/^```(json|javascript|typescript)\b.*?\n(.*?)^```/gms)) {
        if (language === "json") JSON.parse(code);
        else transformSync(code, { loader: "ts", format: "esm" });
      }
    }
  });
});

describe("the code that verifies webhooks", () => {
  const secret = `whsec_${Buffer.from("a secret of twenty-four b").toString("base64")}`;
  const body = '{"type":"video.completed","text":"é"}';
  const signed = (at: number): Record<string, string> => {
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    const signature = createHmac("sha256", key).update(`evt_1.${at}.${body}`).digest("base64");
    return { "webhook-id": "evt_1", "webhook-timestamp": String(at), "webhook-signature": `v1,other v1,${signature}` };
  };
  const now = Math.floor(Date.now() / 1_000);
  /** A genuine message, one with another body, an old one, and one without headers. */
  const messages = [
    { headers: signed(now), body },
    { headers: signed(now), body: `${body} ` },
    { headers: signed(now - 400), body },
    { headers: {}, body },
  ];
  const expected = [true, false, false, false];
  const code = (language: string): string => {
    const [, found] = new RegExp(`^\`\`\`${language} verify\\n(.*?)^\`\`\``, "ms").exec(guide("webhooks")) ?? [];
    if (found === undefined) throw new Error(`the guide has no code in ${language}`);
    return found;
  };
  const save = (name: string, text: string): string => {
    const path = join(temporary, name);
    writeFileSync(path, text);
    return path;
  };
  const input = JSON.stringify({ secret, messages });
  /** What a program prints for these messages; null where its language is not installed. */
  const run = (command: string, args: readonly string[]): unknown => {
    if (spawnSync(command, ["--version"]).error !== undefined && command !== "go") return null;
    const { stdout, stderr, error } = spawnSync(command, args, { input, encoding: "utf8", cwd: temporary });
    if (error !== undefined) return null;
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout);
  };

  it("accepts a genuine message and no other, in JavaScript", async () => {
    const file = pathToFileURL(save("verify.mjs", code("javascript"))).href;
    const { verify } = (await import(file)) as {
      verify: (secret: string, headers: object, body: string) => boolean;
    };
    expect(messages.map((message) => verify(secret, message.headers, message.body))).toEqual(expected);
  });

  it("accepts a genuine message and no other, in Python, PHP, Ruby and Go, where they are installed", () => {
    const python = `${code("python")}\nimport json, sys\ngiven = json.load(sys.stdin)\nprint(json.dumps([verify(given["secret"], m["headers"], m["body"].encode()) for m in given["messages"]]))\n`;
    const php = `${code("php")}\n$given = json_decode(stream_get_contents(STDIN), true);\necho json_encode(array_map(fn($m) => verify($given['secret'], $m['headers'], $m['body']), $given['messages']));\n`;
    const ruby = `${code("ruby")}\nrequire "json"\ngiven = JSON.parse($stdin.read)\nputs JSON.generate(given["messages"].map { |m| verify(given["secret"], m["headers"], m["body"]) })\n`;
    const go = `${code("go")
      .replace("package webhook", "package main")
      .replace("import (", 'import (\n\t"encoding/json"\n\t"fmt"\n\t"os"')}
func main() {
	var given struct {
		Secret   string
		Messages []struct {
			Headers map[string]string
			Body    string
		}
	}
	json.NewDecoder(os.Stdin).Decode(&given)
	results := []bool{}
	for _, message := range given.Messages {
		headers := http.Header{}
		for name, value := range message.Headers {
			headers.Set(name, value)
		}
		results = append(results, Verify(given.Secret, headers, []byte(message.Body)))
	}
	output, _ := json.Marshal(results)
	fmt.Println(string(output))
}
`;
    const results = {
      python: run("python3", [save("verify.py", python)]),
      php: run("php", [save("verify.php", php)]),
      ruby: run("ruby", [save("verify.rb", ruby)]),
      go: run("go", ["run", save("verify.go", go)]),
    };
    for (const [language, result] of Object.entries(results))
      if (result !== null) expect([language, result]).toEqual([language, expected]);
  });
});
