/** Stories of one kind of work each: turns, a render, uploads. */
import * as z from "zod";
import { factsOf, fetchLarge, sendHalf, sendJoined, sendLarge, sendSmall } from "./files.ts";
import {
  type Customer,
  ended,
  endOf,
  insist,
  make,
  mustBe,
  promptOf,
  remove,
  type Story,
  USER,
  until,
} from "./story.ts";

/** A finished file is at least this large. */
const FILE_BYTES = 1_000;
/** An upload that is left alone expires after 24 s at this scale. */
const EXPIRING_SCALE = 3_600;
/** A chunk that comes whole even where a body may rest for milliseconds only. */
const SMALL_CHUNK_BYTES = 300_000;

const NO_RENDERS = { least: 0, most: 0 } as const;
const state = z.object({ status: z.string() });

type Begun = { readonly project: string; readonly turn: string; readonly prompt: string };

/** A project with a timeline. */
export async function beginProject(customer: Customer): Promise<Begun> {
  const prompt = promptOf(customer, "make a 4 second promo about tea");
  const project = await make(customer, "/v1/projects", "project", { name: customer.run });
  const turn = await make(customer, `/v1/projects/${project}/turns`, "turn", { prompt, route: "chat" });
  mustBe("completed", await endOf(customer, `/v1/turns/${turn}`));
  return { project, turn, prompt };
}

/** Two messages to one project, the second waiting for the first, with a file that goes along. */
export const turns: Story = {
  async tell(customer) {
    const { api } = customer;
    const sent = await sendSmall(customer, "clip");
    const project = await make(customer, "/v1/projects", "project", { name: customer.run });
    const attach = { method: "POST", json: { asset_id: sent.asset }, headers: USER } as const;
    await insist(() => api.send(`/v1/projects/${project}/assets`, attach));
    const prompts = [promptOf(customer, "turn this clip into a promo"), promptOf(customer, "make it 6 seconds long")];
    const ids: string[] = [];
    for (const [n, prompt] of prompts.entries())
      ids.push(await make(customer, `/v1/projects/${project}/turns`, `turn-${n}`, { prompt, route: "chat" }));
    for (const id of ids) mustBe("completed", await endOf(customer, `/v1/turns/${id}`));
    return { prompts, renders: NO_RENDERS, facts: [...factsOf(sent), ...ids.map((id) => `turn.completed ${id}`)] };
  },
};

/** An export, its file, and the same again, which costs Nemo nothing. */
export const render: Story = {
  async tell(customer) {
    const { project, turn, prompt } = await beginProject(customer);
    const facts = [`turn.completed ${turn}`];
    for (const key of ["render", "again"]) {
      const id = await make(customer, `/v1/projects/${project}/renders`, key, {});
      mustBe("completed", await endOf(customer, `/v1/renders/${id}`));
      const file = await insist(async () => (await customer.api.send(`/v1/renders/${id}/content`)).arrayBuffer());
      if (file.byteLength < FILE_BYTES) throw new Error(`${id} has a file of ${file.byteLength} bytes`);
      facts.push(`render.completed ${id}`);
    }
    return { prompts: [prompt], renders: { least: 1, most: 1 }, facts };
  },
};

/** An export that is taken back while Nemo works on it. */
export const takenBack: Story = {
  async tell(customer) {
    const { project, turn, prompt } = await beginProject(customer);
    const id = await make(customer, `/v1/projects/${project}/renders`, "render", {});
    await until(
      () => customer.api.get(`/v1/renders/${id}`, ended),
      (got) => got.status !== "queued",
    );
    await insist(() => customer.api.send(`/v1/renders/${id}/cancel`, { method: "POST" }));
    const { status } = await endOf(customer, `/v1/renders/${id}`);
    const facts = [`turn.completed ${turn}`, `render.${status} ${id}`];
    return { prompts: [prompt], renders: { least: 0, most: 1 }, facts };
  },
};

/** A file of several parts, one in one body, one joined of two, and one that is given up half-way. */
export const uploads: Story = {
  async tell(customer) {
    const sent = [
      await sendLarge(customer, "large"),
      await sendSmall(customer, "small"),
      await sendJoined(customer, "joined"),
    ];
    await remove(customer, await sendHalf(customer, "half"));
    return { prompts: [], renders: NO_RENDERS, facts: sent.flatMap(factsOf) };
  },
};

/** A file of several parts that is fetched from a server. */
export const imports: Story = {
  async tell(customer) {
    const fetched = await fetchLarge(customer, "fetched");
    return { prompts: [], renders: NO_RENDERS, facts: factsOf(fetched) };
  },
};

/** A file of several parts that nobody sends on. */
export const expiry: Story = {
  timeScale: EXPIRING_SCALE,
  async tell(customer) {
    const path = await sendHalf(customer, "left", { chunkBytes: SMALL_CHUNK_BYTES });
    await until(
      () => customer.api.get(path, state),
      ({ status }) => status === "expired",
    );
    return { prompts: [], renders: NO_RENDERS, facts: [`upload.expired ${path.split("/").at(-1)}`] };
  },
};
