/** `/f/{token}`: signed links, for people who hold one and for upstream's own fetches. */
import * as z from "zod";
import { userHashOf } from "../core/ids.ts";
import { type Link, readLink } from "../core/link.ts";
import type { StoredFile } from "../core/ports.ts";
import type { Env } from "../env.ts";
import { apiError, notFound, unwrap } from "../http/api-error.ts";
import type { Api } from "../http/context.ts";
import { alsoHead, declare } from "../http/declare.ts";
import { serveFile } from "../http/file.ts";
import { userObject } from "../http/objects.ts";
import { rootsOf } from "../http/roots.ts";
import { fileAnswers } from "./renders.ts";

const open = declare({
  method: "get",
  path: "/f/{token}",
  access: "public",
  tags: ["Renders"],
  summary: "The file behind a signed link",
  request: { params: z.object({ token: z.string().max(300) }) },
  responses: fileAnswers,
});

export function mountLinks(app: Api): void {
  alsoHead(app, open);
  app.openapi(open, async (c) => {
    const link = await readLink(c.req.valid("param").token, rootsOf(c.var.config), Date.now());
    if (link.ok && link.value.purpose !== "ticket")
      return serveFile(c.env.MEDIA, c.req.raw, await fileOf(c.env, link.value));
    if (!link.ok && link.error === "expired") throw apiError("link_expired", "Ask whoever shared it for a new link.");
    throw notFound();
  });
}

/** The file of a link, read from its owner's object: what was deleted since is not served. */
async function fileOf(env: Env, link: Exclude<Link, { purpose: "ticket" }>): Promise<StoredFile> {
  const user = userObject(env, { tenant: link.tenant, mode: link.mode, uh: userHashOf(link.id), pass: null });
  if (link.purpose === "share") return unwrap(await user.renderFile(link.id));
  const { key, filename, content_type: contentType } = unwrap(await user.readAsset(link.id));
  return { key, filename, contentType };
}
