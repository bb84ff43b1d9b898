import { describe, expect, it } from "vitest";
import { isDeliveryMessage, isWakeMessage, type QueueNames, queueRole } from "../../src/core/queues.ts";

const BY_SUFFIX: QueueNames = { wake: null, deliveries: null, dead: null };

describe("queueRole", () => {
  it.each([
    ["nemo-gateway-wake", "wake"],
    ["acme-staging-deliveries", "deliveries"],
    ["acme-dead", "dead"],
    ["acme", null],
    ["wake", null],
    ["acme-wake-2", null],
    ["", null],
  ])("knows %s as %s", (queue, role) => expect(queueRole(queue, BY_SUFFIX)).toBe(role));

  it("prefers a configured name to a suffix, and then knows no other queue for that role", () => {
    const names = { ...BY_SUFFIX, dead: "failed-messages" };
    expect(queueRole("failed-messages", names)).toBe("dead");
    expect(queueRole("acme-dead", names)).toBeNull();
    expect(queueRole("acme-wake", names)).toBe("wake");
    expect(queueRole("acme-wake", { ...names, dead: "acme-wake" })).toBe("dead");
  });

  it("knows no queue that is configured for two roles", () => {
    expect(queueRole("one", { wake: "one", deliveries: "one", dead: null })).toBeNull();
  });
});

describe("messages", () => {
  it("belong into the queue of their kind only", () => {
    const wake = { kind: "user", name: "ten_a:test:u" };
    const due = { kind: "deliveries", tenant: "ten_a:test" };
    expect([isWakeMessage(wake), isDeliveryMessage(wake)]).toEqual([true, false]);
    expect([isWakeMessage(due), isDeliveryMessage(due)]).toEqual([false, true]);
    for (const body of [
      null,
      "user",
      1,
      [],
      {},
      { kind: "spaceship", name: "x" },
      { kind: "user" },
      { kind: "deliveries" },
    ])
      expect([isWakeMessage(body), isDeliveryMessage(body)]).toEqual([false, false]);
  });

  it("of a version that gave deliveries no kind are accepted", () => {
    expect(isDeliveryMessage({ tenant: "ten_a:test" })).toBe(true);
  });
});
