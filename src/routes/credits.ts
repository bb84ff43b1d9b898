/** `GET /v1/credits`: the balance of the Nemo account behind a user, or behind the tenant when no user is named. */
import { credits } from "../core/wire/token.ts";
import { unwrap } from "../http/api-error.ts";
import { accountAddress } from "../http/call.ts";
import type { Api } from "../http/context.ts";
import { answer, declare } from "../http/declare.ts";
import { userObject } from "../http/objects.ts";

const read = declare({
  method: "get",
  path: "/v1/credits",
  access: "read",
  credentials: "key_or_user_token",
  tags: ["Account"],
  summary: "What can be spent",
  responses: { 200: answer(credits, "The balance.") },
});

export function mountCredits(app: Api): void {
  app.openapi(read, async (c) => {
    const user = userObject(c.env, await accountAddress(c));
    return c.json(unwrap(await user.readCredits()), 200);
  });
}
