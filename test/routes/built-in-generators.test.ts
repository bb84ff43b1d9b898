/** Each built-in generator makes its quick edit into an MP4, under its own name at upstream. */
import { describe, expect, it } from "vitest";
import { checkMp4 } from "../../scripts/lib/mp4-check.ts";
import { userObjectName } from "../../src/core/address.ts";
import { BUILT_IN_GENERATORS } from "../../src/core/generators/built-in.ts";
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
/** What upstream's stand-in was asked, made and charged for one user. */
type RequestLog = {
  requests: Asked[];
  sessions: { session_id: string; language: string | null }[];
  turns: { prompt: string }[];
  uploads: unknown[];
  renders: { submits: number }[];
  credits_charged: number;
};

async function requestLogOf(tenant: TenantId, video: VideoWire): Promise<RequestLog> {
  const stub = env.SANDBOX.getByName(userObjectName({ tenant, mode: "test", uh: userHashOf(video.id) }));
  return jsonOf<RequestLog>(await stub.fetch(new Request("https://sandbox.nemo.internal/__requests")));
}

/** The quick edit's first step: a file of the format that the generator likes best. */
async function uploaded(generator: GeneratorWire, headers: Record<string, string>): Promise<string[]> {
  const name = `clip.${generator.accepts[0]}`;
  const form = new FormData();
  form.append("file", new File([sample(name)], name));
  const { data } = await jsonOf<{ data: { id: string }[] }>(
    await call("/v1/uploads", { method: "POST", body: form, headers }),
    201,
  );
  return data.map(({ id }) => id);
}

/** The step between: what the document says, in a language. */
async function said({ slug }: GeneratorWire, assets: string[], headers: Record<string, string>): Promise<VideoWire> {
  const body = { assets, language: "de" };
  const posted = await send("POST", `/v1/generators/${slug}/videos`, body, { ...headers, Prefer: "wait=60" });
  const video = await jsonOf<VideoWire>(posted);
  expect(video).toMatchObject({ status: "completed", generator: { slug } });
  return video;
}

const each = BUILT_IN_GENERATORS.map((generator) => [generator.slug, generator] as const);

describe("the quick edit of", () => {
  it.concurrent.each(each)("%s: a file and a sentence give an MP4 of the requested length", async (slug, generator) => {
    const { headers } = await makeMember("ada");
    const video = await said(generator, await uploaded(generator, headers), headers);
    expect(video.prompt?.split("\n")[0]).toBe(QUICK_EDITS[slug]);
    const file = await call(`/v1/videos/${video.id}/content`, { headers });
    const bytes = new Uint8Array(await file.arrayBuffer());
    const mp4 = checkMp4(bytes);
    expect(Math.abs(mp4.durationMs - 30_000)).toBeLessThanOrEqual(TOLERANCE_MS);
    expect(Math.max(mp4.width, mp4.height)).toBeLessThanOrEqual(1920);
    expect(Math.min(mp4.width, mp4.height)).toBeLessThanOrEqual(1080);
    expect(new TextDecoder("latin1").decode(bytes)).toContain("avcC"); // the box that H.264 is set up by
    const render = await jsonOf<RenderWire>(await call(`/v1/renders/${video.render_id}`, { headers }));
    expect(render.file?.codec).toMatch(/^(avc1|h264)/);
  });

  it.concurrent.each(each)("%s sends its attribution upstream with every request", async (slug, generator) => {
    const { headers, tenant } = await makeMember("ada");
    const video = await said(generator, await uploaded(generator, headers), headers);
    const { requests } = await requestLogOf(tenant.id as TenantId, video);
    // A result file lies at another host, and is asked for without these headers.
    const own = requests.filter(({ path }) => /^\/(api|run_sse)/.test(path));
    const sentTo = (path: string) =>
      own.filter((one) => one.path.includes(path)).map((one) => [one.source, one.version, one.platform].join(" "));
    expect(sentTo("/run_sse")).toEqual([`${slug} ${generator.version} unknown`]);
    expect(sentTo("/api/render/proxy/lambda")).toContain(`${slug} ${generator.version} unknown`);
    expect(own.filter(({ source, version, platform }) => !(source && version && platform))).toEqual([]);
  });

  it.concurrent.each(each)(
    "%s creates one session in its caller's language, and pays for one message and no export",
    async (_, one) => {
      const { headers, tenant } = await makeMember("ada");
      const video = await said(one, await uploaded(one, headers), headers);
      const requestLog = await requestLogOf(tenant.id as TenantId, video);
      expect(requestLog.sessions).toMatchObject([{ language: "de" }]);
      const states = requestLog.requests.flatMap(
        ({ path }) => /^\/api\/state\/nemo_agent\/me\/([^/]+)/.exec(path)?.[1] ?? [],
      );
      expect(new Set(states)).toEqual(new Set(requestLog.sessions.map(({ session_id }) => session_id)));
      expect(requestLog.turns.map(({ prompt }) => prompt)).toEqual([video.prompt ?? ""]);
      expect([requestLog.uploads.length, requestLog.renders.map(({ submits }) => submits)]).toEqual([1, [1]]);
      expect(video.credits).toEqual({ amount: requestLog.credits_charged, basis: "measured" });
    },
  );
});
