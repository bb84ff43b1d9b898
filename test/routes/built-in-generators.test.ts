/** Each built-in generator makes its quick edit into an MP4, under its own name at upstream. */
import { describe, expect, it } from "vitest";
import { checkMp4 } from "../../scripts/lib/mp4-check.ts";
import { userObjectName } from "../../src/core/address.ts";
import { BUILT_IN_GENERATORS } from "../../src/core/built-in-generators.ts";
import { type TenantId, userHashOf } from "../../src/core/ids.ts";
import type { GeneratorWire } from "../../src/core/wire/generator.ts";
import type { RenderWire } from "../../src/core/wire/render.ts";
import type { VideoWire } from "../../src/core/wire/video.ts";
import { call, env, jsonOf, makeMember, send } from "../support/gateway.ts";
import { sample } from "../support/media.ts";

/** How far a file's length may be from what was asked for. */
const TOLERANCE_MS = 500;
/** The seeds' own examples, as a person types them. */
const QUICK_EDITS: Readonly<Record<string, string>> = {
  "generator-maker-generator": "create a generator that turns product photos into promo videos with music and captions",
  "video-generator-generator": "generate a 30-second video from this script about a coffee brand launch",
  "generator-online": "generate a 30-second promo video from this text script",
  "free-generation-maker": "generate a 30-second video from my script about a coffee brand",
  "video-to-generator": "turn this video into a new short promotional clip with music and transitions",
};

type Asked = { path: string; source: string; version: string; platform: string };

/** What upstream's stand-in was asked for the user of a video. */
async function asked(tenant: TenantId, video: VideoWire): Promise<Asked[]> {
  const stub = env.SANDBOX.getByName(userObjectName({ tenant, mode: "test", uh: userHashOf(video.id) }));
  const answer = await stub.fetch(new Request("https://sandbox.nemo.internal/__ledger"));
  const { requests } = await jsonOf<{ requests: Asked[] }>(answer);
  return requests.filter(({ path }) => /^\/(api|run_sse)/.test(path)); // a result file lies at another host, and is asked for without them
}

/** The quick edit's first step where there is something to edit: a file of the format it likes best. */
async function uploaded(generator: GeneratorWire, headers: Record<string, string>): Promise<string[]> {
  if (!generator.needs_file) return [];
  const name = `clip.${generator.accepts[0]}`;
  const form = new FormData();
  form.append("file", new File([sample(name)], name));
  const { data } = await jsonOf<{ data: { id: string }[] }>(
    await call("/v1/uploads", { method: "POST", body: form, headers }),
    201,
  );
  return data.map(({ id }) => id);
}

describe("the quick edit of", () => {
  it.each(BUILT_IN_GENERATORS.map((generator) => [generator.slug, generator] as const))(
    "%s",
    async (slug, generator) => {
      const { headers, tenant } = await makeMember("ada");
      const assets = await uploaded(generator, headers);
      const posted = await send("POST", `/v1/generators/${slug}/videos`, { assets }, { ...headers, Prefer: "wait=60" });
      const video = await jsonOf<VideoWire>(posted);
      expect(video).toMatchObject({ status: "completed", generator: { slug, version: generator.version } });
      expect(video.prompt.split("\n")[0]).toBe(QUICK_EDITS[slug]);

      const file = await call(`/v1/videos/${video.id}/content`, { headers });
      const mp4 = checkMp4(new Uint8Array(await file.arrayBuffer()));
      expect(Math.abs(mp4.durationMs - 30_000)).toBeLessThanOrEqual(TOLERANCE_MS);
      expect(Math.max(mp4.width, mp4.height)).toBeLessThanOrEqual(1920);
      expect(Math.min(mp4.width, mp4.height)).toBeLessThanOrEqual(1080);
      const render = await jsonOf<RenderWire>(await call(`/v1/renders/${video.render_id}`, { headers }));
      expect(render.file?.codec).toMatch(/^(avc1|h264)/);

      const requests = await asked(tenant.id as TenantId, video);
      const told = (path: string) =>
        requests
          .filter((one) => one.path.includes(path))
          .map((one) => [one.source, one.version, one.platform].join(" "));
      expect(told("/run_sse")).toEqual([`${slug} ${generator.version} unknown`]);
      expect(told("/api/render/proxy/lambda")).toContain(`${slug} ${generator.version} unknown`);
      expect(requests.filter(({ source, version, platform }) => !(source && version && platform))).toEqual([]);
    },
  );
});
