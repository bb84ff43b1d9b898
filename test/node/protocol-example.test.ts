/** The example of PROTOCOL.md section 7.6 does what it says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { ROOT } from "../../scripts/lib/root.ts";

type Verify = (secret: string, headers: Record<string, string>, body: string, nowSeconds?: number) => unknown;

const text = readFileSync(join(ROOT, "PROTOCOL.md"), "utf8");
const [, example = ""] = /### 7\.6 Verifying[\s\S]*?```js\n([\s\S]*?)```/.exec(text) ?? [];
const { verify } = (await import(`data:text/javascript,${encodeURIComponent(example)}`)) as { verify: Verify }; // what the example exports

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const body = '{"id":"evt_1","data":{"text":"漫"}}';
const AT = new Date("2026-11-21T10:00:00Z");
const seconds = AT.getTime() / 1_000;
const headersWith = (signature: string): Record<string, string> => ({
  "webhook-id": "evt_1",
  "webhook-timestamp": String(seconds),
  "webhook-signature": signature,
});
const ours = new Webhook(secret).sign("evt_1", AT, body);

describe("PROTOCOL.md's way to verify a message", () => {
  it("accepts our signature, alone or among others", () => {
    expect(verify(secret, headersWith(ours), body, seconds)).toEqual(JSON.parse(body));
    expect(verify(secret, headersWith(`v1,other v1a,more ${ours}`), body, seconds)).toEqual(JSON.parse(body));
  });

  it("accepts no other: changed, with another secret, too old, unsigned", () => {
    const other = new Webhook(Buffer.alloc(32, 8).toString("base64")).sign("evt_1", AT, body);
    expect(verify(secret, headersWith(ours), body.replace("1", "2"), seconds)).toBeNull();
    expect(verify(secret, headersWith(other), body, seconds)).toBeNull();
    expect(verify(secret, headersWith(ours), body, seconds + 301)).toBeNull();
    expect(verify(secret, { "webhook-id": "evt_1", "webhook-timestamp": String(seconds) }, body, seconds)).toBeNull();
  });
});
