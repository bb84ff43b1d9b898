/** `/f/{token}`: signed download links, for people and for upstream's own downloads. */
import { accepts } from "hono/accepts";
import * as z from "zod";
import { type Link, readLink } from "../core/crypto.ts";
import { problemOf } from "../core/errors.ts";
import { type AssetId, type RenderId, userHashOf } from "../core/ids.ts";
import { FORMATS } from "../core/media/sniff.ts";
import type { StoredFile } from "../core/rpc/user.ts";
import type { Env } from "../env.ts";
import { type Api, type Ctx, rootsOf } from "../http/context.ts";
import { defineRoute, documentHead } from "../http/define-route.ts";
import { serveFile, shareable } from "../http/files.ts";
import { checkStopped } from "../http/middleware/auth.ts";
import { userObject } from "../http/objects.ts";
import { ApiError, notFound, unwrap } from "../http/problem.ts";
import { fileAnswers } from "./renders.ts";

const token = z.string().max(300);
const responses = fileAnswers(FORMATS.map(({ mime }) => mime));
const link = { method: "get", access: "public", responses } as const;
const tags = ["Renders"];

const open = defineRoute({
  ...link,
  tags,
  path: "/f/{token}",
  operationId: "files.download",
  summary: "Download the file of a signed link",
  description:
    "Requires no credential; the link itself grants access, from any origin. The file is sent as an attachment, or inline with `?inline`. Expired links fail with `link_expired`, and show a page in a browser.",
  request: { params: z.object({ token }) },
});

const openNamed = defineRoute({
  ...link,
  tags,
  path: "/f/{token}/{name}",
  operationId: "files.download_named",
  summary: "Download the file of a signed link by name",
  description: "Same as `/f/{token}`. The name is ignored; it is for clients that take the file name from the URL.",
  request: { params: z.object({ token, name: z.string() }) },
});

export function mountLinks(app: Api): void {
  for (const route of [open, openNamed]) documentHead(app, route);
  app.openapi(open, (c) => serveLink(c, c.req.valid("param").token));
  app.openapi(openNamed, (c) => serveLink(c, c.req.valid("param").token));
}

async function serveLink(c: Ctx, text: string): Promise<Response> {
  const read = await readLink(text, rootsOf(c.var.config), Date.now());
  if (read.ok) await checkStopped(c, read.value.tenant);
  if (read.ok && read.value.purpose !== "ticket" && read.value.purpose !== "upload") {
    const answer = await serveFile(c.env.MEDIA, c.req.raw, await fileOf(c.env, read.value));
    return shareable(answer, c.req.query("inline") !== undefined);
  }
  if (!read.ok && read.error === "expired") return expired(c);
  throw notFound();
}

/** What a person sees who opens an expired link. */
const EXPIRED = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>This link has expired</title>
</head>
<body>
<h1>This link has expired</h1>
<p>Ask the sender for a new one.</p>
</body>
</html>
`;

/** A page for browsers, a problem for everything else. */
function expired(c: Ctx): Response {
  const json = "application/problem+json";
  const wanted = accepts(c, { header: "Accept", supports: [json, "text/html"], default: json });
  if (wanted === json)
    throw new ApiError(problemOf("link_expired", "This link has expired; request a new one."), { Vary: "Accept" });
  c.set("code", "link_expired");
  const headers = { "Content-Security-Policy": "default-src 'none'", "Cache-Control": "no-store", Vary: "Accept" };
  return c.html(EXPIRED, 410, headers);
}

/** The file of a link, read from its owner's object, so that a deleted file is not served. */
async function fileOf(env: Env, target: Exclude<Link, { purpose: "ticket" | "upload" }>): Promise<StoredFile> {
  const { tenant, mode, id } = target;
  const user = userObject(env, { tenant, mode, uh: userHashOf(id), grant: null });
  if (isRender(id)) return unwrap(await user.renderFile(id));
  const { key, filename, content_type: contentType } = unwrap(await user.readAsset(id));
  return { key, filename, contentType };
}

const isRender = (id: RenderId | AssetId): id is RenderId => id.startsWith("rnd_");
