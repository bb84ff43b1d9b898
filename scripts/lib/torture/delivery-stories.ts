/** The story of webhooks: rotated secrets, a callback, a recovery of events that were already sent. */
import * as z from "zod";
import { startReceiver } from "../webhook-receiver.ts";
import { eventNamesOf, type Sent, sendSmall } from "./files.ts";
import { type Customer, endOf, make, mustBe, type Story, withRetries } from "./story.ts";

const rotated = z.object({ secret: z.string().optional() });
/** Timeout of a callback. */
const CALLBACK_MS = 60_000;

/** Rotates the default secret. If the response is lost, its secret is never shown again, so it rotates again. */
async function newSecret({ api, run }: Customer): Promise<string> {
  for (let n = 1; ; n++) {
    const headers = { "idempotency-key": `${run}-rotate-${n}` };
    const { secret } = await withRetries(() =>
      api.get("/v1/webhook_secret/rotate", rotated, { method: "POST", headers }),
    );
    if (secret !== undefined) return secret;
  }
}

export const deliveries: Story = {
  async perform(customer) {
    const { endpoint } = customer;
    const callbacks = await startReceiver();
    try {
      callbacks.trust(await newSecret(customer));
      const sent: Sent[] = [];
      for (const name of ["one", "two", "three"]) sent.push(await sendSmall(customer, name));
      const project = await make(customer, "/v1/projects", "project", {});
      const body = { prompt: "how many credits do I have?", callback_url: callbacks.url };
      const turn = await make(customer, `/v1/projects/${project}/turns`, "turn", body);
      mustBe("completed", await endOf(customer, `/v1/turns/${turn}`));
      await callbacks.waitFor((event) => event.type === "turn.completed" && event.data.id === turn, CALLBACK_MS);
      const since = new Date(Date.now() - CALLBACK_MS).toISOString();
      await make(customer, `/v1/webhook_endpoints/${endpoint}/recover`, "recover", { since });
      const eventNames = [...sent.flatMap(eventNamesOf), `turn.completed ${turn}`];
      return { prompts: [], renders: { least: 0, most: 0 }, eventNames };
    } finally {
      callbacks.close();
    }
  },
};
