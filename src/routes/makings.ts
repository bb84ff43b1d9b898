/** Generators written by the agent: described in a sentence, usable by the whole tenant when they are ready. */
import { making, newMaking } from "../core/wire/making.ts";
import { unwrap } from "../http/api-error.ts";
import { addressOf, callOf, newAddress } from "../http/call.ts";
import type { Api } from "../http/context.ts";
import { answer, body, declare, ownedParams } from "../http/declare.ts";
import { refuseTakenSlug } from "../http/generators.ts";
import { userObject } from "../http/objects.ts";

const tags = ["Generators"];

const make = declare({
  method: "post",
  path: "/v1/generators/make",
  access: "chat",
  tags,
  summary: "Have a generator written from a description",
  description:
    "One message to the agent, charged like any turn. If its answer cannot be used, the description becomes the prompt (`made_by: fallback`); nothing is asked again.",
  request: { body: body(newMaking) },
  responses: { 202: answer(making, "The generator, on its way.") },
});

const read = declare({
  method: "get",
  path: "/v1/generators/makings/{id}",
  access: "read",
  tags,
  summary: "How a generator that is being written stands",
  request: { params: ownedParams("mak") },
  responses: { 200: answer(making, "With `generator_id` once it is ready.") },
});

export function mountMakings(app: Api): void {
  app.openapi(make, async (c) => {
    const {
      description,
      name = null,
      slug = null,
      language = null,
      callback_url: callback = null,
    } = c.req.valid("json");
    await refuseTakenSlug(c, slug);
    const user = userObject(c.env, await newAddress(c));
    const made = unwrap(await user.startMaking(await callOf(c), { description, name, slug, language, callback }));
    return c.json(made, 202, { Location: `/v1/generators/makings/${made.id}` });
  });

  app.openapi(read, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(unwrap(await userObject(c.env, addressOf(c, id)).readMaking(id)), 200);
  });
}
