/** Stories of videos, batches and generator jobs. */
import * as z from "zod";
import { eventNamesOf, sendSmall } from "./files.ts";
import { type Customer, endOf, made, make, mustBe, promptOf, type Story, USER, withRetries } from "./story.ts";

const ITEMS = 20;
/** Items of a batch that run at once. */
const CONCURRENCY = 4;
/** Timeout of twenty videos. */
const BATCH_MS = 300_000;

const video = made.extend({
  status: z.string(),
  turn_id: z.string().nullable(),
  render_id: z.string().nullable(),
});
type Video = z.infer<typeof video>;
const items = z.object({ data: z.array(z.object({ status: z.string(), video: video.nullable() })) });
const generatorJob = z.object({ turn_id: z.string().nullable() });
const generators = z.object({ data: z.array(made.extend({ made_by: z.string() })) });

/** The events of a video's current turn and render. */
const eventNamesOfParts = ({ turn_id, render_id }: Video): string[] => [
  `turn.completed ${turn_id}`,
  `render.completed ${render_id}`,
];

/**
 * A video of a file that is still being uploaded, and one whose agent asks a question. A message that was lost in a kill leaves
 * no trace upstream: its video fails and can still be continued.
 */
export const videos: Story = {
  async perform(customer) {
    const { api } = customer;
    const sent = await sendSmall(customer, "clip");
    const prompts = [
      promptOf(customer, "turn this clip into a 4 second promo"),
      promptOf(customer, "make something nice #fault:question"),
      promptOf(customer, "a 3 second video about tea"),
    ];
    const [plain = "", asking = "", answer = ""] = prompts;
    const first = await make(customer, "/v1/videos", "plain", { prompt: plain, assets: [sent.upload] });
    const second = await make(customer, "/v1/videos", "asking", { prompt: asking });
    await endOf(customer, `/v1/videos/${first}`);
    await endOf(customer, `/v1/videos/${second}`);
    const plainVideo = await withRetries(() => api.get(`/v1/videos/${first}`, video));
    if (!isLost(plainVideo)) mustBe("completed", plainVideo);
    const firstTurn = await endOf(customer, `/v1/turns/${plainVideo.turn_id}`);
    if (isLost(plainVideo) && firstTurn.status === "completed") throw new Error("a turn that worked failed its video");
    const asked = await withRetries(() => api.get(`/v1/videos/${second}`, video));
    const question = await endOf(customer, `/v1/turns/${asked.turn_id}`);
    await make(customer, `/v1/videos/${second}/turns`, "answer", { prompt: answer });
    mustBe("completed", await endOf(customer, `/v1/videos/${second}`));
    const ids = isLost(plainVideo) ? [second] : [first, second];
    const done = await Promise.all(ids.map((id) => withRetries(() => api.get(`/v1/videos/${id}`, video))));
    const eventNames = [
      ...eventNamesOf(sent),
      `turn.${question.status} ${asked.turn_id}`,
      `video.${asked.status} ${second}`,
      `turn.${firstTurn.status} ${plainVideo.turn_id}`,
      `video.${plainVideo.status} ${first}`,
      ...done.flatMap((one) => [...eventNamesOfParts(one), `video.completed ${one.id}`]),
    ];
    // The kill may come while a video's first message is on its way.
    const lost = [...(isLost(plainVideo) ? [plain] : []), ...(isLost(asked) ? [asking] : [])];
    const seen = [plain, asking, answer].filter((prompt) => !lost.includes(prompt));
    return { prompts: seen, renders: { least: ids.length, most: ids.length }, eventNames: [...new Set(eventNames)] };
  },
};

/** Whether its message was lost in a kill on the way to Nemo: it left no trace and is never sent again. */
const isLost = ({ status, turn_id, render_id }: Video): boolean =>
  status === "failed" && turn_id !== null && render_id === null;

/** A batch of twenty videos. A message in transit during a kill may be lost; the other videos continue. */
const batchOf = (mode: "own_projects" | "one_project"): Story => ({
  async perform(customer) {
    const { api } = customer;
    const prompts = Array.from({ length: ITEMS }, (_, n) =>
      promptOf(customer, `a ${2 + (n % 3)} second video no. ${n};`),
    );
    const order = { mode, concurrency: CONCURRENCY, items: prompts.map((prompt) => ({ prompt })) };
    const id = await make(customer, "/v1/batches", "batch", order);
    mustBe("completed", await endOf(customer, `/v1/batches/${id}`, BATCH_MS));
    const { data } = await withRetries(() => api.get(`/v1/batches/${id}/videos?limit=${ITEMS}`, items));
    const all = data.flatMap((item) => (item.video === null ? [] : [item.video]));
    const lost = all.filter(isLost);
    const wrong = all.find((one) => one.status !== "completed" && !isLost(one));
    if (wrong !== undefined || all.length !== ITEMS) throw new Error(`an item ended as ${JSON.stringify(wrong)}`);
    if (lost.length > CONCURRENCY) throw new Error(`${lost.length} messages were lost at once`);
    const done = all.filter((one) => !isLost(one));
    const ends = await Promise.all(lost.map(({ turn_id }) => endOf(customer, `/v1/turns/${turn_id}`)));
    for (const { status } of ends) if (status === "completed") throw new Error("a turn that worked failed its video");
    return {
      prompts: prompts.filter((_, n) => !lost.includes(all[n] as Video)), // as many as there are items, just checked
      renders: { least: done.length, most: done.length },
      eventNames: [
        ...done.flatMap((one) => [...eventNamesOfParts(one), `video.completed ${one.id}`]),
        ...lost.flatMap((one, n) => [`turn.${ends[n]?.status} ${one.turn_id}`, `video.failed ${one.id}`]),
        `batch.completed ${id}`,
      ],
    };
  },
});

export const batch: Story = batchOf("own_projects");
export const oneProjectBatch: Story = batchOf("one_project");

/** A generator job. If the agent's answer is lost in a kill, it is not requested again: the description becomes the prompt. */
export const generator: Story = {
  async perform(customer: Customer) {
    const { api, run } = customer;
    const description = `create a generator that turns product photos into promo videos, for ${run}`;
    const id = await make(customer, "/v1/generators/make", "generator_job", { description });
    mustBe("completed", await endOf(customer, `/v1/generator_jobs/${id}`));
    const { turn_id } = await withRetries(() => api.get(`/v1/generator_jobs/${id}`, generatorJob));
    const turn = await endOf(customer, `/v1/turns/${turn_id}`);
    const { data } = await withRetries(() => api.get("/v1/generators?limit=100", generators, { headers: USER }));
    const own = data.filter(({ made_by }) => made_by !== "built_in");
    if (own.length !== 1) throw new Error(`${own.length} generators were made instead of one`);
    return {
      prompts: [description],
      renders: { least: 0, most: 0 },
      eventNames: [`turn.${turn.status} ${turn_id}`, `generator_job.completed ${id}`],
    };
  },
};
