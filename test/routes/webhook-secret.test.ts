/** The default signing secret: shown once, and then only rotated. */
import { Webhook } from "standardwebhooks";
import { afterEach, expect, it, vi } from "vitest";
import type { UserAddress } from "../../src/core/address.ts";
import { eventId, type TenantId } from "../../src/core/ids.ts";
import type { RotatedSecretWire } from "../../src/core/wire/webhook.ts";
import { env, jsonOf, type Member, makeKey, makeMember, readProblem, send } from "../support/gateway.ts";
import { tenantRpc } from "../support/objects.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const show = (headers: Record<string, string>) => send("POST", "/v1/webhook_secret", "", headers);
const secretOf = async (answer: Response): Promise<RotatedSecretWire> => jsonOf(answer);

const addressOf = (member: Member): UserAddress => ({
  tenant: member.tenant.id as TenantId,
  mode: "test",
  uh: "0123456789abcdef",
});

it("is shown to the first call alone, in each tenant and mode", async () => {
  const member = await makeMember(null);
  const first = await secretOf(await show(member.headers));
  expect(first).toEqual({ secret: expect.stringMatching(/^whsec_[\w+/=]{44}$/), previous_until: null });
  expect(await readProblem(await show(member.headers))).toMatchObject({
    status: 409,
    code: "secret_shown",
    hint: "POST /v1/webhook_secret/rotate",
  });
  const rotated = await secretOf(await send("POST", "/v1/webhook_secret/rotate", "", member.headers));
  expect(rotated.secret).not.toBe(first.secret);
  expect((await readProblem(await show(member.headers))).code).toBe("secret_shown");
  const live = await makeKey(member.tenant.id, { mode: "live" });
  const other = await makeMember(null);
  for (const headers of [{ Authorization: `Bearer ${live.secret}` }, other.headers])
    expect((await secretOf(await show(headers))).secret).not.toBe(first.secret);
});

it("is shown to one of several calls at once, and a retry says that it was", async () => {
  const { headers } = await makeMember(null);
  const answers = await Promise.all(Array.from({ length: 6 }, () => show(headers)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409, 409, 409]);
  const keyed = { ...(await makeMember(null)).headers, "Idempotency-Key": "once" };
  const shown = await Promise.all([1, 2].map(async () => secretOf(await show(keyed))));
  expect(shown.filter(({ secret }) => secret !== undefined)).toHaveLength(1);
  expect(await secretOf(await show(keyed))).toEqual({ secret_shown_once: true, previous_until: null });
});

it("is the one that has signed before it was asked for; after a rotation it is not shown", async () => {
  const metadata = { metrics: { backlogCount: 0, backlogBytes: 0 } };
  vi.spyOn(env.DELIVERIES, "sendBatch").mockResolvedValue({ metadata }); // no sender takes the delivery before the test does
  const member = await makeMember(null);
  const tenant = tenantRpc(addressOf(member));
  const resource = "trn_00000000000000000000";
  const event = {
    id: await eventId(resource, "turn.completed#1"),
    type: "turn.completed" as const,
    resource,
    sequence: 1,
    at: Date.now(),
    uh: addressOf(member).uh,
    data: JSON.stringify({ id: resource }),
    callback: "http://127.0.0.1:9/done",
  };
  await tenant.accept([event]);
  const [job] = await tenant.workDeliveries([], 1);
  if (job === undefined) throw new Error("nothing was signed");
  const { secret = "" } = await secretOf(await show(member.headers));
  expect(new Webhook(secret).verify(job.body, { ...job.headers })).toMatchObject({ id: event.id });

  const rotating = await makeMember(null);
  await secretOf(await send("POST", "/v1/webhook_secret/rotate", "", rotating.headers));
  expect((await readProblem(await show(rotating.headers))).code).toBe("secret_shown");
});
