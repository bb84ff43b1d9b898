/** What a dry run says about the cost of an order: computed from what the tenant's own orders cost. */
import { expect, it } from "vitest";
import type { CostWire } from "../../src/core/wire/common.ts";
import type { UserTokenWire } from "../../src/core/wire/user.ts";
import type { VideoWire } from "../../src/core/wire/video.ts";
import { call, jsonOf, makeMember, send } from "../support/gateway.ts";
import { until } from "../support/objects.ts";

it("says what comparable orders cost, and what Nemo publishes before there are any", async () => {
  const { headers: key } = await makeMember(null);
  const ada = { ...key, "X-User-Id": "ada" };
  const costOf = async (
    body: object,
    headers: Record<string, string> = key,
    path = "/v1/videos",
  ): Promise<CostWire> => {
    const answer = await send("POST", path, { ...body, dry_run: true }, headers);
    return (await jsonOf<{ cost: CostWire }>(answer)).cost;
  };
  const made = async (body: object, path = "/v1/videos"): Promise<VideoWire> => {
    const { id } = await jsonOf<VideoWire>(await send("POST", path, body, ada), 202);
    return until(async () => {
      const video = await jsonOf<VideoWire>(await call(`/v1/videos/${id}`, { headers: key }));
      return video.status === "completed" && video;
    });
  };
  const published = { basis: "published", median: null, min: 50, max: 100, orders: 0, since: null };
  await jsonOf(
    await send("POST", "/v1/generators", { name: "mine", slug: "mine", prompt: "make a 1 second clip" }, key),
    201,
  );
  expect(await costOf({ prompt: "a clip" })).toEqual(published);
  expect(await costOf({}, key, "/v1/generators/mine/videos")).toEqual(published);

  const first = await made({ prompt: "make a 1 second video" });
  const second = await made({ prompt: "make a 1 second video #fault:edit" });
  const amounts = [first, second].map(({ credits }) => credits?.amount ?? Number.NaN).sort((a, b) => a - b);
  const [min = 0, max = 0] = amounts;
  expect(min).toBeGreaterThan(0);
  const measured = { basis: "measured", median: (min + max) / 2, min, max, orders: 2 };
  const isCounted = () => costOf({ prompt: "a clip" }).then(({ orders }) => orders === 2);
  await until(isCounted);
  const shown = await costOf({ prompt: "a clip" });
  expect(shown).toMatchObject(measured);
  expect(Date.parse(shown.since ?? "")).toBeGreaterThan(Date.parse(first.created_at));
  const usage = await jsonOf<{ data: { credits: { measured: number } }[] }>(await call("/v1/usage", { headers: key }));
  expect(usage.data[0]?.credits.measured).toBe(min + max);

  // Other types of orders: in a project, with a generator, and an export, which sends no message.
  const { project_id: project } = first;
  expect(await costOf({ prompt: "make it blue", project })).toEqual(published);
  expect(await costOf({ prompt: "export", project })).toMatchObject({ basis: "published", min: 0, max: 0 });
  expect(await costOf({}, key, "/v1/generators/mine/videos")).toEqual(published);
  const render = await jsonOf<{ cost: CostWire }>(
    await send("POST", `/v1/projects/${project}/renders`, { dry_run: true }, key),
  );
  expect(render.cost).toMatchObject({ basis: "published", min: 0, max: 0 });
  const generated = await made({}, "/v1/generators/mine/videos");
  await until(async () => (await costOf({}, key, "/v1/generators/mine/videos")).orders === 1);
  expect(await costOf({}, key, "/v1/generators/mine/videos")).toMatchObject({ median: generated.credits?.amount });

  // With a user token, the user's own orders count alone; those of another tenant never do.
  const tokenOf = async (user: string) => {
    const answer = await send("POST", `/v1/users/${user}/tokens`, {}, key);
    return { Authorization: `Bearer ${(await jsonOf<UserTokenWire>(answer, 201)).token}` };
  };
  expect(await costOf({ prompt: "a clip" }, await tokenOf("ada"))).toMatchObject(measured);
  expect(await costOf({ prompt: "a clip" }, await tokenOf("bob"))).toEqual(published);
  expect(await costOf({ prompt: "a clip" }, (await makeMember(null)).headers)).toEqual(published);

  // What a continuation costs is another order.
  await jsonOf(await send("POST", `/v1/videos/${second.id}/turns`, { prompt: "make it blue" }, key), 202);
  await until(async () => {
    const { credits, status } = await jsonOf<VideoWire>(await call(`/v1/videos/${second.id}`, { headers: key }));
    return status === "completed" && (credits?.amount ?? 0) > (second.credits?.amount ?? 0);
  });
  expect(await costOf({ prompt: "a clip" })).toEqual(shown);
});
