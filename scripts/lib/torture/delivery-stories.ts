/** The story of webhooks: secrets that change, a callback, a recovery of what was sent already. */
import * as z from "zod";
import { startReceiver } from "../webhook-receiver.ts";
import { factsOf, type Sent, sendSmall } from "./files.ts";
import { type Customer, endOf, insist, make, mustBe, type Story } from "./story.ts";

const rotated = z.object({ secret: z.string().optional() });
/** How long a callback may take. */
const CALLBACK_MS = 60_000;

/** A new default secret. One whose answer was lost is never shown again, so another one is made. */
async function newSecret({ api, run }: Customer): Promise<string> {
  for (let n = 1; ; n++) {
    const headers = { "idempotency-key": `${run}-rotate-${n}` };
    const { secret } = await insist(() => api.get("/v1/webhook_secret/rotate", rotated, { method: "POST", headers }));
    if (secret !== undefined) return secret;
  }
}

export const deliveries: Story = {
  async tell(customer) {
    const { endpoint } = customer;
    const callbacks = await startReceiver();
    try {
      callbacks.trust(await newSecret(customer));
      const sent: Sent[] = [];
      for (const name of ["one", "two", "three"]) sent.push(await sendSmall(customer, name));
      const project = await make(customer, "/v1/projects", "project", {});
      const wish = { prompt: "how many credits do I have?", callback_url: callbacks.url };
      const turn = await make(customer, `/v1/projects/${project}/turns`, "turn", wish);
      mustBe("completed", await endOf(customer, `/v1/turns/${turn}`));
      await callbacks.waitFor((event) => event.type === "turn.completed" && event.data.id === turn, CALLBACK_MS);
      const since = new Date(Date.now() - CALLBACK_MS).toISOString();
      await make(customer, `/v1/webhook_endpoints/${endpoint}/recover`, "recover", { since });
      const facts = [...sent.flatMap(factsOf), `turn.completed ${turn}`];
      return { prompts: [], renders: { least: 0, most: 0 }, facts };
    } finally {
      callbacks.close();
    }
  },
};
