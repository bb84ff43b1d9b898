/** `/f/{token}`: signed links, for people who hold one and for upstream's own fetches. */
import * as z from "zod";
import { type Link, readLink } from "../core/crypto.ts";
import { type AssetId, type RenderId, userHashOf } from "../core/ids.ts";
import { FORMATS } from "../core/media/sniff.ts";
import type { StoredFile } from "../core/rpc/user.ts";
import type { Env } from "../env.ts";
import { type Api, type Ctx, rootsOf } from "../http/context.ts";
import { alsoHead, declare } from "../http/define-route.ts";
import { serveFile, shareable } from "../http/files.ts";
import { checkStopped } from "../http/middleware/auth.ts";
import { userObject } from "../http/objects.ts";
import { apiError, notFound, unwrap } from "../http/problem.ts";
import { fileAnswers } from "./renders.ts";

const token = z.string().max(300);
const responses = fileAnswers(FORMATS.map(({ mime }) => mime));
const link = { method: "get", access: "public", responses } as const;
const tags = ["Renders"];

const open = declare({
  ...link,
  tags,
  path: "/f/{token}",
  summary: "The file behind a signed link",
  description:
    "Whoever holds the link may read the file from any web page, and show it in one. It is downloaded, or with `?inline` played where it is opened.",
  request: { params: z.object({ token }) },
});

const openNamed = declare({
  ...link,
  tags,
  path: "/f/{token}/{name}",
  summary: "The file behind a signed link, with a name at its end",
  description: "For those who call a file after its address. The name opens nothing.",
  request: { params: z.object({ token, name: z.string() }) },
});

export function mountLinks(app: Api): void {
  for (const route of [open, openNamed]) alsoHead(app, route);
  app.openapi(open, (c) => serveLink(c, c.req.valid("param").token));
  app.openapi(openNamed, (c) => serveLink(c, c.req.valid("param").token));
}

async function serveLink(c: Ctx, text: string): Promise<Response> {
  const read = await readLink(text, rootsOf(c.var.config), Date.now());
  if (read.ok) await checkStopped(c, read.value.tenant);
  if (read.ok && read.value.purpose !== "ticket") {
    const answer = await serveFile(c.env.MEDIA, c.req.raw, await fileOf(c.env, read.value));
    return shareable(answer, c.req.query("inline") !== undefined);
  }
  if (!read.ok && read.error === "expired") throw apiError("link_expired", "Ask whoever shared it for a new link.");
  throw notFound();
}

/** The file of a link, read from its owner's object: what was deleted since is not served. */
async function fileOf(env: Env, target: Exclude<Link, { purpose: "ticket" }>): Promise<StoredFile> {
  const { tenant, mode, id } = target;
  const user = userObject(env, { tenant, mode, uh: userHashOf(id), grant: null });
  if (isRender(id)) return unwrap(await user.renderFile(id));
  const { key, filename, content_type: contentType } = unwrap(await user.readAsset(id));
  return { key, filename, contentType };
}

const isRender = (id: RenderId | AssetId): id is RenderId => id.startsWith("rnd_");
