/** All files of the documentation, by their path. */
import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { build } from "esbuild";
import MiniSearch from "minisearch";
import { buildDocuments } from "../openapi.ts";
import { ROOT } from "../root.ts";
import { articlePage, explorerPage, type NavGroup, type NavLink, widePage } from "./layout.ts";
import { type Rendered, renderMarkdown } from "./markdown.ts";
import { type OpenApi, referencePages } from "./reference.ts";
import { INDEX_OPTIONS } from "./site/index-options.js";

/** The origin that the pages name; the Worker replaces it by its own. */
const EXAMPLE_ORIGIN = "https://gateway.example";

/** The order of the guides. Others in docs/ follow, in the order of their names. */
const ORDER = [
  "quick-start",
  "chat",
  "uploads",
  "phones",
  "no-code",
  "mcp",
  "webhooks",
  "testing",
  "errors",
  "operating",
];

type Page = NavLink & { readonly markdown: string; readonly rendered: Rendered };

/** `webhooks.md#verify` → `/docs/webhooks#verify`. Null for a document of the repository that is not published here. */
const linkOf = (href: string): string | null => {
  if (/^\.\.\//.test(href) && !href.startsWith("../PROTOCOL.md")) return null;
  return href.replace(/^(?:\.\.\/|docs\/)?([\w-]+)\.md(?=#|$)/, (_, name: string) => `/docs/${name.toLowerCase()}`);
};

function pageOf(path: string, markdown: string, title?: string): Page {
  try {
    const rendered = renderMarkdown(markdown, linkOf);
    return { path, title: title ?? rendered.title, markdown, rendered };
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const assetOf = (name: string): string => readFileSync(join(import.meta.dirname, "site", name), "utf8");

function readGuides(): Page[] {
  const names = globSync("docs/*.md", { cwd: ROOT }).map((path) => basename(path, ".md"));
  const rank = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  const sorted = names.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return sorted.map((name) => pageOf(`/docs/${name}`, read(`docs/${name}.md`)));
}

/** The overview at `/docs`: every guide with its first paragraph. */
const overviewOf = (guides: readonly Page[], protocol: Page): Page => {
  const line = ({ path, title, rendered }: Page): string => `- [${title}](${path}): ${rendered.summary}`;
  const markdown = `# Guides\n\nHow to use this gateway, from the first request to webhooks in production.\n\n${[...guides, protocol].map(line).join("\n")}\n- [API reference](/docs/reference): every operation, its fields and an example.\n`;
  return pageOf("/docs", markdown, "Overview");
};

/** The list of all pages for language models. Source: llmstxt.org. */
function llmsText(guides: readonly Page[], reference: readonly Page[]): string {
  const line = ({ path, title, rendered }: Page): string =>
    `- [${title}](${EXAMPLE_ORIGIN}${path}.md): ${rendered.summary}`;
  return `# nemo-gateway

> A REST API to edit video by chat with NemoVideo: a prompt and files become an MP4, reported by polling, event streams and signed webhooks.

Send an API key as \`Authorization: Bearer <key>\` to ${EXAMPLE_ORIGIN}/v1. A key that begins with ngw_test_ uses a sandbox and costs nothing.

## Guides

${guides.map(line).join("\n")}

## API reference

- [OpenAPI 3.1 document](${EXAMPLE_ORIGIN}/openapi.json): all operations and schemas.
${reference.map(line).join("\n")}
`;
}

/** The search index: a document for every section of every page. */
function searchIndex(pages: readonly Page[]): string {
  const index = new MiniSearch(INDEX_OPTIONS);
  for (const { path, title, rendered } of pages)
    for (const { id, heading, text } of rendered.sections)
      index.add({ id: id === "" ? path : `${path}#${id}`, title, heading, text });
  return JSON.stringify(index);
}

/** The pages' script with the search library, as one file. */
async function siteScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "site/site.js")],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
  });
  return outputFiles[0]?.text ?? "";
}

export async function siteFiles(): Promise<Map<string, string | Uint8Array>> {
  const document = (await buildDocuments(EXAMPLE_ORIGIN)).open as OpenApi; // the document that this project builds
  const guides = readGuides();
  const protocol = pageOf("/docs/protocol", read("PROTOCOL.md"));
  const overview = overviewOf(guides, protocol);
  const reference = referencePages(document).map(({ path, title, markdown }) =>
    pageOf(`/docs/${path}`, markdown, title),
  );
  const groups: readonly NavGroup[] = [
    { title: "Guides", links: [overview, ...guides] },
    {
      title: "API reference",
      links: [...reference.map((page, at) => (at === 0 ? { ...page, title: "Overview" } : page)), protocol],
    },
  ];
  const pages = [overview, ...guides, ...reference, protocol];
  const files = new Map<string, string | Uint8Array>();
  for (const [at, page] of pages.entries()) {
    const { path, title, markdown, rendered } = page;
    const { summary, html, headings } = rendered;
    const [previous = null, next = null] = [at === 0 ? null : pages[at - 1], pages[at + 1]];
    const markdownPath = `${path}.md`;
    files.set(
      `${path.slice(1)}.html`,
      articlePage({
        path,
        title: at === 0 ? "Guides" : title,
        summary,
        markdownPath,
        html,
        headings,
        groups,
        previous,
        next,
      }),
    );
    files.set(markdownPath.slice(1), markdown);
  }
  const llms = llmsText([...guides, protocol], reference);
  files.set("llms.txt", llms);
  files.set(
    "llms-full.txt",
    `${llms}\n${pages
      .slice(1)
      .map(({ markdown }) => markdown)
      .join("\n\n")}`,
  );
  files.set("index.html", frontPage());
  files.set("404.html", missingPage());
  files.set("docs/explorer.html", explorerPage());
  for (const name of ["style.css", "explorer.css", "explorer.js", "icon.svg"])
    files.set(`docs/assets/${name}`, assetOf(name));
  const swagger = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  for (const name of ["swagger-ui-bundle.js", "swagger-ui.css"])
    files.set(`docs/assets/${name}`, readFileSync(join(swagger, name)));
  files.set("docs/assets/site.js", await siteScript());
  files.set("docs/assets/search.json", searchIndex(pages));
  return files;
}

/** The command of the front page. `KEY` is the reader's own. */
const COMMAND = `curl -u "$KEY:" ${EXAMPLE_ORIGIN}/v1/videos \\
  -H 'Prefer: wait=60' \\
  -F 'prompt=make a 5 second clip of the sea'`;

const frontPage = (): string => {
  const { html } = renderMarkdown(`# nemo-gateway\n\n\`\`\`sh\n${COMMAND}\n\`\`\`\n`, linkOf);
  const code = html.slice(html.indexOf("<div"));
  const cards: readonly (readonly [path: string, title: string, says: string])[] = [
    ["/docs/quick-start", "Quick start", "A key, one request, one MP4. Five minutes, free of charge in the sandbox."],
    ["/docs/chat", "Chat", "Edit in a conversation, from a shell or in a web page that survives a reload."],
    ["/docs/uploads", "Uploads", "One form, one PUT, or parts that continue after a crash."],
    ["/docs/no-code", "Zapier, Make, n8n", "Plain HTTP modules, flat fields, and a link to the finished file."],
    ["/docs/phones", "Phones and web pages", "Tokens for your users, uploads that resume, streams that continue."],
    ["/docs/webhooks", "Webhooks", "Signed, retried for three days, in order, and sent again on request."],
    ["/docs/mcp", "Agents", "An MCP server: an agent makes, edits and exports videos with its tools."],
    ["/docs/testing", "Testing", "Make the sandbox fail in more than fifty ways, before your users do."],
    ["/docs/reference", "API reference", "Every operation with its fields, an example and its errors."],
  ];
  return widePage(
    {
      title: "nemo-gateway: edit video by chat, over plain REST",
      summary: "A REST API to edit video by chat with NemoVideo: a prompt and files become an MP4.",
    },
    `<section class="intro">
<h1>Edit video by chat, over plain REST</h1>
<p>Send a prompt and your clips, get an MP4. NemoVideo's agent does the editing; this gateway gives it an API for apps, web pages, scripts and no-code tools.</p>
${code}<p class="note"><code>KEY</code> is the API key that the operator of this gateway gave you. A key that begins with <code>ngw_test_</code> costs nothing.</p>
<p class="buttons"><a class="button" href="/docs/quick-start">Quick start</a><a href="/docs/reference">API reference</a></p>
</section>
<section class="cards" aria-label="Guides">
${cards.map(([path, title, says]) => `<a href="${path}"><h2>${title}</h2><p>${says}</p></a>`).join("\n")}
</section>
<section class="promises">
<h2>What you can rely on</h2>
<ul>
<li><strong>Nothing is paid for twice.</strong> A prompt is recorded before it is sent, and never sent again.</li>
<li><strong>A stream can be resumed</strong> at any event, byte for byte, for 24 hours.</li>
<li><strong>A render finishes even if no client waits.</strong> Its file is kept here, and a signed webhook announces it.</li>
<li><strong>Every byte that an upload acknowledged is stored</strong>, whatever breaks.</li>
</ul>
<p><a href="/docs/protocol">The protocol</a> states each promise, and the test that proves it.</p>
</section>`,
  );
};

const missingPage = (): string =>
  widePage(
    { title: "Not found · nemo-gateway", summary: "This page does not exist." },
    `<section class="intro">
<h1>This page does not exist</h1>
<p>The address may be mistyped, or the page has moved.</p>
<p class="buttons"><a class="button" href="/docs">All guides</a><a href="/docs/reference">API reference</a></p>
</section>`,
  );
