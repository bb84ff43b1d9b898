/** The HTML around the content of a page. No inline script or style: the pages' policy allows files of the own origin only. */
import { escapeHtml, type Heading } from "./markdown.ts";

export type NavLink = { readonly path: string; readonly title: string };
export type NavGroup = { readonly title: string; readonly links: readonly NavLink[] };

type Head = { readonly title: string; readonly summary: string; readonly markdownPath?: string };

const headOf = ({ title, summary, markdownPath }: Head): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<meta name="description" content="${escapeHtml(summary)}">
<link rel="icon" type="image/svg+xml" href="/docs/assets/icon.svg">
<link rel="stylesheet" href="/docs/assets/style.css">
${markdownPath === undefined ? "" : `<link rel="alternate" type="text/markdown" href="${markdownPath}">\n`}<script src="/docs/assets/site.js" defer></script>
</head>`;

const header = (current: string): string => {
  const links: readonly NavLink[] = [
    { path: "/docs", title: "Guides" },
    { path: "/docs/reference", title: "API reference" },
    { path: "/docs/explorer", title: "Explorer" },
  ];
  return `<a class="skip" href="#content">Skip to the content</a>
<header class="top">
<a class="brand" href="/"><img src="/docs/assets/icon.svg" alt="" width="22" height="22">nemo-gateway</a>
<nav class="sections" aria-label="Sections">${links.map((link) => anchorOf(link, current)).join("")}</nav>
<div class="search" role="search"></div>
</header>`;
};

const anchorOf = ({ path, title }: NavLink, current: string): string =>
  `<a href="${path}"${path === current ? ' aria-current="page"' : ""}>${escapeHtml(title)}</a>`;

const groupsOf = (groups: readonly NavGroup[], current: string): string =>
  groups
    .map(
      ({ title, links }) =>
        `<p>${escapeHtml(title)}</p><ul>${links.map((link) => `<li>${anchorOf(link, current)}</li>`).join("")}</ul>`,
    )
    .join("\n");

const footerOf = (markdownPath: string | undefined): string => {
  const own = markdownPath === undefined ? "" : `<a href="${markdownPath}">This page as Markdown</a>`;
  return `<footer><nav aria-label="Other formats">${own}<a href="/llms.txt">llms.txt</a><a href="/openapi.json">OpenAPI document</a></nav></footer>`;
};

export type ArticlePage = Head & {
  readonly path: string;
  readonly html: string;
  readonly headings: readonly Heading[];
  readonly groups: readonly NavGroup[];
  readonly previous: NavLink | null;
  readonly next: NavLink | null;
};

/** A guide or a page of the reference: sidebar, content, its headings, and the pages before and after it. */
export function articlePage(page: ArticlePage): string {
  const { path, html, groups, previous, next } = page;
  const shown = page.headings.filter(({ depth }) => depth === 2);
  const contents = shown.map(({ id, text }) => `<li><a href="#${id}">${escapeHtml(text)}</a></li>`).join("");
  const pager = [
    previous === null
      ? ""
      : `<a rel="prev" href="${previous.path}"><span>Previous</span>${escapeHtml(previous.title)}</a>`,
    next === null ? "" : `<a rel="next" href="${next.path}"><span>Next</span>${escapeHtml(next.title)}</a>`,
  ].join("");
  const nav = groupsOf(groups, path);
  return `${headOf({ ...page, title: `${page.title} · nemo-gateway` })}
<body>
${header(/^\/docs\/(?:reference|protocol)/.test(path) ? "/docs/reference" : "/docs")}
<details class="menu"><summary>All pages</summary><nav aria-label="All pages">${nav}</nav></details>
<div class="frame">
<nav class="side" aria-label="Pages">${nav}</nav>
<main id="content" tabindex="-1">
<article>
${html}</article>
${pager === "" ? "" : `<nav class="pager" aria-label="Previous and next">${pager}</nav>`}
${footerOf(page.markdownPath)}
</main>
${shown.length < 2 ? '<div class="contents"></div>' : `<nav class="contents" aria-label="On this page"><p>On this page</p><ul>${contents}</ul></nav>`}
</div>
</body>
</html>
`;
}

/** A page without a sidebar: the front page, and the one for addresses that do not exist. */
export const widePage = (head: Head, html: string): string => `${headOf(head)}
<body class="wide">
${header("")}
<main id="content" tabindex="-1">
${html}
</main>
${footerOf(undefined)}
</body>
</html>
`;

/** Swagger UI, to try requests. Its script needs styles of its own, which this page's policy allows. */
export const explorerPage = (): string => {
  const head = headOf({
    title: "Explorer · nemo-gateway",
    summary: "Send requests to this gateway from your browser.",
  });
  return `${head.replace("</head>", '<link rel="stylesheet" href="/docs/assets/swagger-ui.css">\n<link rel="stylesheet" href="/docs/assets/explorer.css">\n</head>')}
<body class="explorer">
${header("/docs/explorer")}
<main id="content" tabindex="-1">
<noscript><p>The explorer needs JavaScript. The <a href="/docs/reference">API reference</a> has every operation without it.</p></noscript>
<div id="explorer"></div>
</main>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/explorer.js"></script>
</body>
</html>
`;
};
