/** Markdown to HTML: headings with anchors, highlighted code, links between guides, and the sections for the search. */
import { Marked, type Token, type Tokens } from "marked";
import { highlight } from "./highlight.js";

export type Heading = { readonly depth: number; readonly id: string; readonly text: string };

/** The text under one heading, as the search indexes it. The text before the first heading of the second level is the page's own. */
export type Section = { readonly id: string; readonly heading: string; readonly text: string };

export type Rendered = {
  /** The text of the heading of the first level. */
  readonly title: string;
  /** The text of the first paragraph. */
  readonly summary: string;
  readonly html: string;
  readonly headings: readonly Heading[];
  readonly sections: readonly Section[];
};

export const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** `## Create a video {#videos.create}`: the heading's own anchor, which stays when its words change. */
const OWN_ID = / *\{#([\w.-]+)\}$/;

/** A method and a path alone: an operation, which is no code to copy. */
const OPERATION = /^([A-Z]+) (\/\S*)$/;

/** An anchor as GitHub makes it of a heading's text. */
const slugOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, "")
    .trim()
    .replaceAll(" ", "-");

/** The text of tokens, without marks. */
function textOf(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      if (token.type === "br") return " ";
      if (token.type === "table") {
        const { header, rows } = token as Tokens.Table;
        return [header, ...rows].map((row) => row.map((cell) => textOf(cell.tokens)).join(" ")).join("\n");
      }
      if (token.type === "list") return (token as Tokens.List).items.map((item) => textOf(item.tokens)).join("\n");
      if ("tokens" in token && token.tokens !== undefined) return textOf(token.tokens);
      return "text" in token ? String(token.text) : "";
    })
    .join("");
}

/** Renders a page. `linkOf` maps the address of a link; null leaves its text alone. Throws if the page does not begin with a heading of the first level. */
export function renderMarkdown(markdown: string, linkOf: (href: string) => string | null): Rendered {
  const headings: Heading[] = [];
  const sections: { id: string; heading: string; text: string }[] = [];
  const ids = new Map<Token, Heading>();
  const taken = new Set<string>();
  const marked = new Marked({
    renderer: {
      heading(token) {
        const { depth, id } = ids.get(token) ?? { depth: token.depth, id: "" };
        const html = this.parser.parseInline(token.tokens).replace(OWN_ID, "");
        if (depth === 1) return `<h1>${html}</h1>\n`;
        return `<h${depth} id="${id}">${html} <a class="anchor" href="#${id}" aria-label="Link to this section">#</a></h${depth}>\n`;
      },
      code({ text, lang = "" }) {
        const [, method, path] = lang === "http" ? (OPERATION.exec(text) ?? []) : [];
        if (method !== undefined && path !== undefined)
          return `<p class="operation ${method.toLowerCase()}"><b>${method}</b> <code>${escapeHtml(path)}</code></p>\n`;
        const html = highlight(text, lang.split(" ")[0] ?? "") ?? escapeHtml(text); // "python verify": other words are for tests
        return `<div class="code"><pre tabindex="0"><code>${html}</code></pre></div>\n`;
      },
      tablecell({ tokens, header }) {
        const name = header && tokens.length > 0 ? "th" : "td"; // a heading without text is no heading
        return `<${name}>${this.parser.parseInline(tokens)}</${name}>\n`;
      },
      link({ href, tokens }) {
        const [html, path] = [this.parser.parseInline(tokens), linkOf(href)];
        return path === null ? html : `<a href="${escapeHtml(path)}">${html}</a>`;
      },
    },
  });
  const tokens = marked.lexer(markdown);
  for (const token of tokens) {
    if (token.type !== "heading") {
      const text = token.type === "code" ? "" : textOf([token]);
      const section = sections.at(-1);
      if (section !== undefined) section.text += `${text}\n`;
      continue;
    }
    const written = textOf(token.tokens ?? []);
    const text = written.replace(OWN_ID, "");
    let id = OWN_ID.exec(written)?.[1] ?? slugOf(text);
    for (let n = 1; taken.has(id); n++) id = `${slugOf(text)}-${n}`;
    taken.add(id);
    const heading = { depth: token.depth as number, id, text };
    ids.set(token, heading);
    headings.push(heading);
    sections.push({ id: heading.depth === 1 ? "" : id, heading: text, text: "" });
  }
  const [first] = headings;
  if (first?.depth !== 1) throw new Error(`a page must begin with "# Title", not with "${markdown.slice(0, 40)}"`);
  const paragraph = tokens.find((token) => token.type === "paragraph");
  return {
    title: first.text,
    summary: paragraph === undefined ? "" : textOf([paragraph]).replace(/\s+/g, " "),
    html: marked.parser(tokens),
    headings: headings.slice(1),
    sections: sections.map((section) => ({ ...section, text: section.text.replace(/\s+/g, " ").trim() })),
  };
}
