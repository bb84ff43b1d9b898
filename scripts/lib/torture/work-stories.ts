/** Stories of turns, renders, uploads and imports. */
import * as z from "zod";
import { eventNamesOf, fetchLarge, sendHalf, sendJoined, sendLarge, sendSmall } from "./files.ts";
import {
  type Customer,
  ended,
  endOf,
  make,
  mustBe,
  promptOf,
  remove,
  type Story,
  USER,
  until,
  withRetries,
} from "./story.ts";

/** The minimum size of a finished file. */
const FILE_BYTES = 1_000;
/** An idle upload expires after 24 s at this scale. */
const EXPIRING_SCALE = 3_600;
/** A chunk small enough to arrive whole where a body may be idle only for milliseconds. */
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

/** Two turns of one project, the second waiting for the first, with an attached file. */
export const turns: Story = {
  async perform(customer) {
    const { api } = customer;
    const sent = await sendSmall(customer, "clip");
    const project = await make(customer, "/v1/projects", "project", { name: customer.run });
    const attach = { method: "POST", json: { asset_id: sent.asset }, headers: USER } as const;
    await withRetries(() => api.send(`/v1/projects/${project}/assets`, attach));
    const prompts = [promptOf(customer, "turn this clip into a promo"), promptOf(customer, "make it 6 seconds long")];
    const ids: string[] = [];
    for (const [n, prompt] of prompts.entries())
      ids.push(await make(customer, `/v1/projects/${project}/turns`, `turn-${n}`, { prompt, route: "chat" }));
    for (const id of ids) mustBe("completed", await endOf(customer, `/v1/turns/${id}`));
    return {
      prompts,
      renders: NO_RENDERS,
      eventNames: [...eventNamesOf(sent), ...ids.map((id) => `turn.completed ${id}`)],
    };
  },
};

/** A render, its file, and the same render again, which needs no export by Nemo. */
export const render: Story = {
  async perform(customer) {
    const { project, turn, prompt } = await beginProject(customer);
    const eventNames = [`turn.completed ${turn}`];
    for (const key of ["render", "again"]) {
      const id = await make(customer, `/v1/projects/${project}/renders`, key, {});
      mustBe("completed", await endOf(customer, `/v1/renders/${id}`));
      const file = await withRetries(async () => (await customer.api.send(`/v1/renders/${id}/content`)).arrayBuffer());
      if (file.byteLength < FILE_BYTES) throw new Error(`${id} has a file of ${file.byteLength} bytes`);
      eventNames.push(`render.completed ${id}`);
    }
    return { prompts: [prompt], renders: { least: 1, most: 1 }, eventNames };
  },
};

/** A render that is cancelled while Nemo works on it. */
export const takenBack: Story = {
  async perform(customer) {
    const { project, turn, prompt } = await beginProject(customer);
    const id = await make(customer, `/v1/projects/${project}/renders`, "render", {});
    await until(
      () => customer.api.get(`/v1/renders/${id}`, ended),
      (got) => got.status !== "queued",
    );
    await withRetries(() => customer.api.send(`/v1/renders/${id}/cancel`, { method: "POST" }));
    const { status } = await endOf(customer, `/v1/renders/${id}`);
    const eventNames = [`turn.completed ${turn}`, `render.${status} ${id}`];
    return { prompts: [prompt], renders: { least: 0, most: 1 }, eventNames };
  },
};

/** A file of several parts, one in one body, one concatenated from two, and one that is deleted half-way. */
export const uploads: Story = {
  async perform(customer) {
    const sent = [
      await sendLarge(customer, "large"),
      await sendSmall(customer, "small"),
      await sendJoined(customer, "joined"),
    ];
    await remove(customer, await sendHalf(customer, "half"));
    return { prompts: [], renders: NO_RENDERS, eventNames: sent.flatMap(eventNamesOf) };
  },
};

/** A file of several parts that is imported. */
export const imports: Story = {
  async perform(customer) {
    const fetched = await fetchLarge(customer, "fetched");
    return { prompts: [], renders: NO_RENDERS, eventNames: eventNamesOf(fetched) };
  },
};

/** A file of several parts whose upload is abandoned. */
export const expiry: Story = {
  timeScale: EXPIRING_SCALE,
  async perform(customer) {
    const path = await sendHalf(customer, "left", { chunkBytes: SMALL_CHUNK_BYTES });
    await until(
      () => customer.api.get(path, state),
      ({ status }) => status === "expired",
    );
    return { prompts: [], renders: NO_RENDERS, eventNames: [`upload.expired ${path.split("/").at(-1)}`] };
  },
};
