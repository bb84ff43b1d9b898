/** Limits of SECURITY.md that no other test meets: the last that is taken, and the first that is not. */
import { describe, expect, it } from "vitest";
import {
  BATCH_PROMPTS_BYTES,
  FORM_FIELDS,
  FORM_FILES,
  ORIGINS_PER_TENANT,
  PROMPT_BYTES,
} from "../../src/core/limits.ts";
import type { ProjectWire } from "../../src/core/wire/project.ts";
import { adminHeaders, call, jsonOf, makeMember, makeTenant, readProblem, send } from "../support/gateway.ts";
import { PNG } from "../support/resources.ts";

const problemOf = async (answer: Promise<Response>) => {
  const { status, code, detail, errors } = await readProblem(await answer);
  return { status, code, detail, fields: errors?.map(({ field }) => field) };
};

describe("a limit", () => {
  it("of a prompt counts bytes, not characters", async () => {
    const { headers } = await makeMember();
    const { id } = await jsonOf<ProjectWire>(await send("POST", "/v1/projects", {}, headers), 201);
    const say = (prompt: string) => send("POST", `/v1/projects/${id}/turns`, { prompt }, headers);
    expect(await problemOf(say("ü".repeat(PROMPT_BYTES / 2 + 1)))).toMatchObject({ status: 422, fields: ["/prompt"] });
    expect((await say("ü".repeat(PROMPT_BYTES / 2))).status).toBe(202);
  });

  it("of a tenant's origins is 20", async () => {
    const { id } = await makeTenant();
    const origins = (count: number) => Array.from({ length: count }, (_, n) => `https://app-${n}.example`);
    const set = (count: number) => send("PATCH", `/admin/tenants/${id}`, { origins: origins(count) }, adminHeaders);
    expect(await problemOf(set(ORIGINS_PER_TENANT + 1))).toMatchObject({ status: 422, fields: ["/origins"] });
    expect((await set(ORIGINS_PER_TENANT)).status).toBe(200);
  });

  it("of a generator's description is 2,000 characters", async () => {
    const { headers } = await makeMember();
    const make = (length: number) => send("POST", "/v1/generators/make", { description: "x".repeat(length) }, headers);
    expect(await problemOf(make(2_001))).toMatchObject({ status: 422, fields: ["/description"] });
    expect((await make(2_000)).status).toBe(202);
  });

  it("of a batch's prompts applies after the variables are filled in", async () => {
    const { headers } = await makeMember();
    const prompt = `${"long ".repeat(3_000)}{{word}}`;
    const recipe = { name: "long", slug: "long", prompt, variables: [{ name: "word", type: "text" }] };
    await jsonOf(await send("POST", "/v1/generators", recipe, headers), 201);
    const each = prompt.length - "{{word}}".length + 1;
    const order = (count: number) =>
      send(
        "POST",
        "/v1/batches",
        { generator: "long", items: Array(count).fill({ variables: { word: "a" } }) },
        headers,
      );
    const most = Math.floor(BATCH_PROMPTS_BYTES / each);
    expect(await problemOf(order(most + 1))).toMatchObject({ status: 422, fields: ["/items"] });
    const { id } = await jsonOf<{ id: string }>(await order(most), 202);
    await jsonOf(await send("POST", `/v1/batches/${id}/cancel`, "", headers));
  });
});

describe("a form's limit", () => {
  const snapshot = new File([PNG], "a.png");
  const post = async (parts: readonly (readonly [string, string | File])[]) => {
    const form = new FormData();
    for (const [name, value] of parts) form.append(name, value);
    return call("/v1/uploads", { method: "POST", body: form, headers: (await makeMember()).headers });
  };

  it("of files is 20, of fields 100", async () => {
    const files = (count: number) => Array.from({ length: count }, (_, n) => [`f${n}`, snapshot] as const);
    expect(await problemOf(post(files(FORM_FILES + 1)))).toMatchObject({
      status: 422,
      detail: expect.stringContaining("20 files"),
    });
    expect((await post(files(FORM_FILES))).status).toBe(201);
    const fields = Array.from({ length: FORM_FIELDS + 1 }, (_, n) => [`n${n}`, "x"] as const);
    const many = post([...fields, ["f", snapshot]]);
    expect(await problemOf(many)).toMatchObject({ status: 422, detail: expect.stringContaining("100 fields") });
  });

  it("of a part's headers is 8,192 bytes", async () => {
    const { headers } = await makeMember();
    const body = `--x\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\nX-Long: ${"x".repeat(8_192)}\r\n\r\nabc\r\n--x--\r\n`;
    const type = "multipart/form-data; boundary=x";
    const sent = call("/v1/uploads", { method: "POST", body, headers: { ...headers, "Content-Type": type } });
    expect(await problemOf(sent)).toMatchObject({ status: 422, code: "invalid_request" });
  });
});
