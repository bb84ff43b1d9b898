/** What callers send beside files: bodies, flat fields, addresses, ids, links, cursors, headers, prompts, recipes. */
import * as z from "zod";
import { translateGuiInstructions } from "../../src/core/agent-text/gui-instructions.ts";
import { classifyMessage } from "../../src/core/commands.ts";
import { readLink, signLink } from "../../src/core/crypto.ts";
import { fillPrompt, recipeFaults } from "../../src/core/generators/recipe.ts";
import { ownedIdPattern, plainIdPattern } from "../../src/core/ids.ts";
import { coerceBody } from "../../src/core/requests/body-values.ts";
import { unknownFaults } from "../../src/core/sandbox-faults.ts";
import { checkOwnAddresses, checkTarget } from "../../src/core/ssrf.ts";
import { wholeJson } from "../../src/core/text.ts";
import { unflatten } from "../../src/core/webhooks/flat-body.ts";
import { newBatch } from "../../src/core/wire/batch.ts";
import { recipe } from "../../src/core/wire/generator.ts";
import { newGeneratorVideo, newVideo } from "../../src/core/wire/video.ts";
import { streamCursor } from "../../src/http/event-stream.ts";
import { readRange } from "../../src/http/files.ts";
import { credentialOf } from "../../src/http/middleware/auth.ts";
import { ApiError } from "../../src/http/problem.ts";
import { jsonFault, preferredWait } from "../../src/http/request-body.ts";
import type { FuzzTarget } from "./target.ts";

const utf8 = new TextEncoder();
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const seed = (value: unknown): Uint8Array => utf8.encode(typeof value === "string" ? value : JSON.stringify(value));

/** As http/request-body.ts reads a body: null if its text is rejected. */
function jsonIn(text: string): unknown {
  const whole = wholeJson(text);
  return jsonFault(whole) === null ? JSON.parse(whole) : undefined;
}

/** A problem for the caller is a valid result. */
function answered<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}

function readBody(schema: z.ZodType, text: string, flat: boolean): unknown {
  const sent = jsonIn(text);
  if (sent === undefined) return null;
  const given = flat ? unflatten(sent, jsonIn) : { body: sent, sentAt: (field: string) => field };
  const { body, addresses, sentAt } = coerceBody(schema, given.body, jsonIn);
  checkOwnAddresses(addresses, ["api.example.org"]);
  unknownFaults(body);
  const parsed = schema.safeParse(body);
  const issues = parsed.success ? [] : parsed.error.issues.slice(0, 20);
  return [parsed.success, ...issues.map(({ path }) => given.sentAt(sentAt(`/${path.map(String).join("/")}`)))];
}

const FLAT = {
  prompt: "make a clip \ud83d\ude00",
  asset_urls: "https://a.org/1.mp4, https://b.org/2.png\nhttps://c.org/3.mov",
  asset_ids: '["ast_1","upl_2"]',
  var_topic: "tea",
  var_seconds: "30",
  metadata_order: 7,
  variables: '{"a": 1}',
  dry_run: "True",
  dedupe: null,
};
const flatSchema = z.strictObject({ ...newVideo.shape, ...newGeneratorVideo.shape });
const BATCH = { items: [{ prompt: "a", assets: ["", "https://a.org/b"], metadata: { n: 1 } }], concurrency: "2" };

const ADDRESSES = [
  "https://example.org/My Photo.png?x=1 2#y",
  "https://bücher.ch/\u0639\u200c.png",
  "https://1.2.3.4.nip.io:443/",
  "http://127.0.0.1:8787/in",
  "https://[::ffff:10.0.0.1]/",
  "https://user:pw@example.org\\@evil.org/",
];

const ROOTS = { current: "a-root-secret-of-32-bytes-or-more", previous: null };
const LINK = {
  tenant: "ten_01jd8m3k5xq2w4v7z9ab",
  mode: "test",
  purpose: "share",
  id: "rnd_01jd8m3k5xq2w4v7z9abcdefghjkmnpqrstv",
  expiresAt: 4e12,
} as const;
const OWNED = (["prj", "trn", "upl", "ast", "rnd", "vid", "bat"] as const).map(ownedIdPattern);
const PLAIN = (["ten", "key", "whk", "dlv", "gen", "evt"] as const).map(plainIdPattern);

const RECIPE = {
  name: "promo",
  prompt: "make a {{seconds}}-second video about {{product}}{{ details }} {{",
  variables: [
    { name: "seconds", type: "number", default: 30, min: 1, max: 60 },
    { name: "product", type: "text" },
    { name: "details", type: "text", default: "" },
  ],
};

export const targets: FuzzTarget[] = [
  {
    name: "flat-fields",
    seeds: [seed(FLAT), seed({ ...FLAT, assets: ["ast_1"], metadata: { a: "b" } })],
    run: (bytes) => readBody(flatSchema, textOf(bytes), true),
  },
  {
    name: "body-values",
    seeds: [seed(BATCH), seed({ items: JSON.stringify(BATCH.items), output: "{}", metadata: "{}" })],
    run: (bytes) => readBody(newBatch, textOf(bytes), false),
  },
  {
    name: "addresses",
    seeds: ADDRESSES.map(seed),
    run: (bytes) =>
      [false, true].map((allowLocal) => checkTarget(textOf(bytes), { allowLocal, ownHosts: ["gw.me.workers.dev"] })),
  },
  {
    name: "ids",
    seeds: [seed(LINK.id), seed(LINK.tenant)],
    run: (bytes) => [...OWNED, ...PLAIN].map((pattern) => pattern.test(textOf(bytes))),
  },
  {
    name: "links",
    seeds: [seed(await signLink(LINK, ROOTS)), seed(`k.1.share.${LINK.tenant}~test~${LINK.id}.AAAA`)],
    run: (bytes) => readLink(textOf(bytes), ROOTS, 1),
  },
  {
    name: "cursors",
    seeds: [seed("12"), seed("999999999999999"), seed("")],
    run: (bytes) => {
      const text = textOf(bytes);
      return [cursor(text, {}), cursor(undefined, { lastEventId: text }), cursor("", { "Last-Event-ID": text })];
    },
  },
  {
    name: "range-header",
    seeds: ["bytes=0-1", "bytes=-500", "bytes=5-", "bytes=0-1,5-6", "items=1-2"].map(seed),
    run: (bytes) => [0, 1, 500].map((size) => readRange(textOf(bytes), size)),
  },
  {
    name: "prefer-header",
    seeds: ["wait=10", 'respond-async, wait="5"; foo', "WAIT = 600"].map(seed),
    run: (bytes) => preferredWait(textOf(bytes)),
  },
  {
    name: "credentials",
    seeds: ["Bearer ngw_test_1", "Basic bmd3X3Rlc3RfMTo=", "Token x", "ngw_test_1"].map(seed),
    run: (bytes) => {
      const visible = textOf(bytes).replaceAll(/[^\x20-\x7e]/g, "");
      return credentialOf(new Headers({ Authorization: visible }));
    },
  },
  {
    name: "command-grammar",
    seeds: ["please export the video now", "how many credits do I have?", "导出视频", "could you give me the link"].map(
      seed,
    ),
    run: (bytes) => classifyMessage(textOf(bytes).slice(0, 20_000)),
  },
  {
    name: "gui-text",
    seeds: [
      "Done! Click the Export button at the top right.",
      "点击右上角的导出按钮。",
      "```\nopen the panel\n``` and drag",
    ].map(seed),
    run: (bytes) => translateGuiInstructions(textOf(bytes)),
  },
  {
    name: "recipe-filling",
    seeds: [seed({ recipe: RECIPE, values: { seconds: "30", product: "a mug", details: " {{product}}" } })],
    run: (bytes) => {
      const sent = jsonIn(textOf(bytes));
      const parts = z.object({ recipe, values: newGeneratorVideo.shape.variables }).safeParse(sent);
      if (!parts.success) return null;
      return [recipeFaults(parts.data.recipe), fillPrompt(parts.data.recipe, parts.data.values)];
    },
  },
];

const cursor = (header: string | undefined, query: object): number | null =>
  answered(() => streamCursor(header, { after: 0, ...query }));
