/** Generators for routes: the built-in ones and those in the store. */

import type { FieldError } from "../core/errors.ts";
import { BUILT_IN_GENERATORS, builtInGenerator } from "../core/generators/built-in.ts";
import { recipeFaults } from "../core/generators/recipe.ts";
import { plainId, plainIdPattern, slugOf } from "../core/ids.ts";
import { GENERATORS_PER_SCOPE } from "../core/limits.ts";
import { cutPage, rowsFor } from "../core/page.ts";
import type { Page, PageRequest } from "../core/rpc/user.ts";
import { generatorForUser } from "../core/user-view.ts";
import {
  type GeneratorPatch,
  type GeneratorWire,
  type NewGenerator,
  type RecipeWire,
  recipe,
  type ShownGeneratorWire,
} from "../core/wire/generator.ts";
import { type Ctx, random } from "../http/context.ts";
import { callOf } from "../http/idempotency.ts";
import { checkUserToken } from "../http/objects.ts";
import { apiError } from "../http/problem.ts";
import { changeGenerator, insertGenerator, listGenerators, readGenerator } from "../store/generators.ts";

/** The cursor of a list of generators: a generator's id. The id of a built-in generator is its slug. */
export const GENERATOR_CURSOR = new RegExp(
  [plainIdPattern("gen").source, ...BUILT_IN_GENERATORS.map(({ id }) => `^${id}$`)].join("|"),
);

/** Attempts to update a generator during concurrent updates. */
const CHANGE_ATTEMPTS = 3;

/** The generator with this id or slug; throws 404 if the tenant has none in this mode. Built-in ones need no read. */
export async function findGenerator(c: Ctx, idOrSlug: string, version: number | null): Promise<GeneratorWire> {
  const builtIn = builtInGenerator(idOrSlug);
  const known = builtIn ?? (await readGenerator(c.env.DB, c.var.caller, idOrSlug, version));
  if (known === null || (version !== null && known.version !== version))
    throw apiError("not_found", "No generator with this id or slug and version exists; list the generators.", {
      hint: "GET /v1/generators",
    });
  return known;
}

/** A page of the tenant's own generators, newest first, then the built-in ones. */
export async function pageOfGenerators(c: Ctx, page: PageRequest): Promise<Page<GeneratorWire>> {
  const { after } = page;
  const at = BUILT_IN_GENERATORS.findIndex(({ slug }) => slug === after);
  const own = at >= 0 ? [] : await listGenerators(c.env.DB, c.var.caller, rowsFor(page), after);
  return cutPage(
    [...own, ...BUILT_IN_GENERATORS.slice(at + 1)],
    page,
    ({ id }) => id,
    (generator) => generator,
  );
}

/** `pageOfGenerators`, as the caller may see it. */
export async function pageOfShownGenerators(c: Ctx, page: PageRequest): Promise<Page<ShownGeneratorWire>> {
  await checkUserToken(c.env, c.var.caller);
  const found = await pageOfGenerators(c, page);
  return { ...found, data: found.data.map(shownTo(c)) };
}

/** `findGenerator`, as the caller may see it. */
export async function findShownGenerator(
  c: Ctx,
  idOrSlug: string,
  version: number | null,
): Promise<ShownGeneratorWire> {
  await checkUserToken(c.env, c.var.caller);
  return shownTo(c)(await findGenerator(c, idOrSlug, version));
}

const shownTo =
  ({ var: { caller } }: Ctx) =>
  (generator: GeneratorWire): ShownGeneratorWire =>
    caller.grant === null ? generator : generatorForUser(generator);

/** Stores a generator under the requested slug, or under one derived from its name. */
export async function createGenerator(c: Ctx, { slug, ...fields }: NewGenerator): Promise<GeneratorWire> {
  checkFaults(recipeFaults(fields));
  const { idempotency } = await callOf(c);
  const now = Date.now();
  const id = plainId("gen", now, random);
  const named = slug ?? slugOf(fields.name);
  if (slug !== undefined && builtInGenerator(slug) !== null) throw slugTaken(slug);
  const store = (as: string): ReturnType<typeof insertGenerator> =>
    insertGenerator(c.env.DB, c.var.caller, { id, slug: as, madeBy: "tenant", recipe: fields, at: now, idempotency });
  let made = await store(named);
  if (!made.ok && made.error === "slug_taken" && slug === undefined) made = await store(slugOf(fields.name, id));
  if (made.ok) return made.value;
  if (made.error === "slug_taken") throw slugTaken(named);
  if (made.error === "other_request")
    throw apiError("idempotency_mismatch", "This Idempotency-Key was used for another request; send a new key.");
  const hint = "DELETE /v1/generators/{id}";
  throw apiError("too_many_generators", `A tenant has at most ${GENERATORS_PER_SCOPE} generators; delete one first.`, {
    hint,
  });
}

/** Stores the next version. `ifMatch`: the version to update; null for the current one. */
export async function updateGenerator(
  c: Ctx,
  idOrSlug: string,
  patch: GeneratorPatch,
  ifMatch: string | null,
): Promise<GeneratorWire> {
  checkNotBuiltIn(builtInGenerator(idOrSlug));
  for (let attempt = 1; attempt <= CHANGE_ATTEMPTS; attempt += 1) {
    const known = await findGenerator(c, idOrSlug, null);
    if (ifMatch !== null && ifMatch !== `"${known.version}"` && ifMatch !== "*") break;
    const next = recipe.parse({ ...recipeOf(known), ...patch });
    checkFaults(recipeFaults(next));
    const stored = await changeGenerator(c.env.DB, c.var.caller, known.id, known.version, next, Date.now());
    if (stored !== null) return stored;
  }
  throw apiError("version_conflict", "Another request has changed this generator; retrieve it and try again.", {
    hint: "GET /v1/generators/{id}",
  });
}

/** Throws if another generator has the slug. Null: no slug was requested. */
export async function checkTakenSlug(c: Ctx, slug: string | null): Promise<void> {
  if (slug === null) return;
  if (builtInGenerator(slug) !== null || (await readGenerator(c.env.DB, c.var.caller, slug)) !== null)
    throw slugTaken(slug);
}

/** Throws for a built-in generator. */
export function checkNotBuiltIn(builtIn: GeneratorWire | null): void {
  if (builtIn === null) return;
  throw apiError("generator_built_in", "Built-in generators cannot be changed; create your own copy instead.", {
    hint: "POST /v1/generators",
  });
}

function checkFaults(errors: FieldError[]): void {
  if (errors.length === 0) return;
  throw apiError("invalid_request", errors.map(({ field, message }) => `${field}: ${message}`).join("; "), { errors });
}

const slugTaken = (slug: string): Error =>
  apiError("slug_taken", `Another generator has the slug ${slug}; choose another slug.`, {
    errors: [{ field: "/slug", message: "is taken" }],
  });

/** The fields of a generator that a tenant sets. */
function recipeOf(known: GeneratorWire): RecipeWire {
  const { id: _, slug: _s, version: _v, made_by: _m, created_at: _c, updated_at: _u, ...recipe } = known;
  return recipe;
}
