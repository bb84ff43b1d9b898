/** Assets: stored files, and their attachment to projects. */
import { pageSchema } from "../core/wire/common.ts";
import { asset, attachment, newAttachment } from "../core/wire/upload.ts";
import type { Api } from "../http/context.ts";
import { defineRoute, jsonBody, jsonResponse, ownedPage, ownedParams } from "../http/define-route.ts";
import { addressOf, callOf, namedAddress } from "../http/idempotency.ts";
import { userObject } from "../http/objects.ts";
import { pageRequest, shownPage } from "../http/page.ts";
import { unwrap } from "../http/problem.ts";

const tags = ["Uploads and assets"];
const list = defineRoute({
  method: "get",
  path: "/v1/assets",
  operationId: "assets.list",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "List assets",
  description: "Returns the assets of the user, newest first.",
  request: { query: ownedPage("ast") },
  responses: { 200: jsonResponse(pageSchema(asset), "A page of assets.") },
});

const read = defineRoute({
  method: "get",
  path: "/v1/assets/{id}",
  operationId: "assets.retrieve",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "Retrieve an asset",
  description: "Returns the asset with a new download link.",
  request: { params: ownedParams("ast") },
  responses: { 200: jsonResponse(asset, "The asset.") },
});

const remove = defineRoute({
  method: "delete",
  path: "/v1/assets/{id}",
  operationId: "assets.delete",
  access: "upload",
  credentials: "key_or_user_token",
  tags,
  summary: "Delete an asset",
  description:
    "Deletes the asset, its file and every link to it. Copies that Nemo already has in a project stay there. The asset can no longer be attached; a project that waits for it continues without it. A repeated call returns 204 for 30 days.",
  request: { params: ownedParams("ast") },
  responses: { 204: { description: "The asset is deleted." } },
});

const attach = defineRoute({
  method: "post",
  path: "/v1/projects/{id}/assets",
  operationId: "assets.attach",
  access: "chat",
  credentials: "key_or_user_token",
  tags,
  summary: "Attach an asset to a project",
  description:
    "Sends the file to Nemo, where the project's next turns can use it. A repeated call returns the existing attachment; a failed one is tried again.",
  request: { params: ownedParams("prj"), body: jsonBody(newAttachment) },
  responses: {
    200: jsonResponse(attachment, "The attachment, `attached` or `failed`."),
    202: jsonResponse(attachment, "The attachment, `pending`: the file is being sent to Nemo."),
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
    // Resources created without a user live in one object each, so the asset is read from its own object.
    const record = unwrap(await userObject(c.env, addressOf(c, asset_id)).readAsset(asset_id));
    const made = unwrap(await userObject(c.env, addressOf(c, id)).attachAsset(await callOf(c), id, record));
    return c.json(made, made.status === "pending" ? 202 : 200);
  });
}
