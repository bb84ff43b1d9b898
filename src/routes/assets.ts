/** Assets: stored files, and their use in projects. */
import { pageOf } from "../core/wire/common.ts";
import { asset, attachment, newAttachment } from "../core/wire/upload.ts";
import type { Api } from "../http/context.ts";
import { answer, body, declare, ownedPage, ownedParams } from "../http/define-route.ts";
import { addressOf, callOf, namedAddress } from "../http/idempotency.ts";
import { userObject } from "../http/objects.ts";
import { pageRequest, shownPage } from "../http/page.ts";
import { unwrap } from "../http/problem.ts";

const tags = ["Assets"];
const list = declare({
  method: "get",
  path: "/v1/assets",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "A user's stored files, newest first",
  request: { query: ownedPage("ast") },
  responses: { 200: answer(pageOf(asset), "A page of assets.") },
});

const read = declare({
  method: "get",
  path: "/v1/assets/{id}",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "One stored file",
  request: { params: ownedParams("ast") },
  responses: { 200: answer(asset, "The asset.") },
});

const remove = declare({
  method: "delete",
  path: "/v1/assets/{id}",
  access: "upload",
  credentials: "key_or_user_token",
  tags,
  summary: "Delete a stored file",
  description:
    "Its file and every link to it are gone; what Nemo holds of it in a project stays there. It can be brought nowhere any more: a project that waits for it goes on without it. Again: 204 for 30 days.",
  request: { params: ownedParams("ast") },
  responses: { 204: { description: "It is deleted." } },
});

const attach = declare({
  method: "post",
  path: "/v1/projects/{id}/assets",
  access: "chat",
  credentials: "key_or_user_token",
  tags,
  summary: "Use a stored file in a project",
  request: { params: ownedParams("prj"), body: body(newAttachment) },
  responses: {
    200: answer(attachment, "Attached, or refused by Nemo."),
    202: answer(attachment, "On its way to Nemo."),
  },
});

export function mountAssets(app: Api): void {
  app.openapi(list, async (c) => {
    const user = userObject(c.env, namedAddress(c));
    return c.json(shownPage(await user.listAssets(pageRequest(c.req.valid("query")))), 200);
  });

  app.openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(unwrap(await userObject(c.env, addressOf(c, id)).readShownAsset(id)), 200);
  });

  app.openapi(remove, async (c) => {
    const { id } = c.req.valid("param");
    unwrap(await userObject(c.env, addressOf(c, id)).removeAsset(await callOf(c), id));
    return c.body(null, 204);
  });

  app.openapi(attach, async (c) => {
    const { id } = c.req.valid("param");
    const { asset_id } = c.req.valid("json");
    // Things made without a user live at an address each, so the file's record is read from its own object.
    const record = unwrap(await userObject(c.env, addressOf(c, asset_id)).readAsset(asset_id));
    const made = unwrap(await userObject(c.env, addressOf(c, id)).attachAsset(await callOf(c), id, record));
    return c.json(made, made.status === "pending" ? 202 : 200);
  });
}
