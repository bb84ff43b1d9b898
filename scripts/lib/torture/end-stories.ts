/** Stories of things that go: videos and projects, a customer of the customer, the customer. */
import * as z from "zod";
import { RefusedError } from "../api.ts";
import { factsOf, sendHalf, sendSmall } from "./files.ts";
import { endOf, insist, made, make, mustBe, promptOf, remove, type Story, until } from "./story.ts";
import { beginProject } from "./work-stories.ts";

const user = z.object({ state: z.string() });
const video = z.object({ turn_id: z.string(), render_id: z.string() });

/** A video in a project that stays: its file goes when its time is over; then the project with everything in it. */
export const removals: Story = {
  async tell(customer) {
    const { api } = customer;
    const { project, turn, prompt } = await beginProject(customer);
    const second = promptOf(customer, "make it 3 seconds long");
    const id = await make(customer, "/v1/videos", "video", { prompt: second, project });
    mustBe("completed", await endOf(customer, `/v1/videos/${id}`));
    const { turn_id, render_id } = await insist(() => api.get(`/v1/videos/${id}`, video));
    await remove(customer, `/v1/videos/${id}`);
    await until(
      () => isGone(() => api.send(`/v1/renders/${render_id}/content`)),
      (gone) => gone,
    );
    await remove(customer, `/v1/projects/${project}`);
    const facts = [`turn.completed ${turn}`, `turn.completed ${turn_id}`, `render.completed ${render_id}`];
    return { prompts: [prompt, second], renders: { least: 1, most: 1 }, facts: [...facts, `video.completed ${id}`] };
  },
};

/** Whether the answer is that it is there no more. */
async function isGone(ask: () => Promise<Response>): Promise<boolean> {
  try {
    await (await ask()).body?.cancel();
    return false;
  } catch (error) {
    if (error instanceof RefusedError && (error.status === 404 || error.status === 410)) return true;
    throw error;
  }
}

/** A customer of the customer comes and goes, in the middle of an upload and of a turn; everything of it is erased. */
export const leaving: Story = {
  async tell(customer) {
    const { api, run } = customer;
    const headers = { "x-user-id": `${run}-passer-by` };
    const keyed = (key: string, json: unknown) => ({
      method: "POST" as const,
      json,
      headers: { ...headers, "idempotency-key": `${run}-${key}` },
    });
    const stays = await sendSmall(customer, "stays");
    const { id } = await insist(() => api.get("/v1/projects", made, keyed("project", {})));
    const prompt = promptOf(customer, "make a 2 second video about tea");
    const turn = await insist(() => api.get(`/v1/projects/${id}/turns`, made, keyed("turn", { prompt })));
    await endOf(customer, `/v1/turns/${turn.id}`);
    await sendHalf(customer, "half", { user: headers });
    const late = promptOf(customer, "make it 5 seconds long");
    await insist(() => api.get(`/v1/projects/${id}/turns`, made, keyed("late", { prompt: late })));
    const path = `/v1/users/${encodeURIComponent(headers["x-user-id"])}`;
    await remove(customer, path, {});
    await until(
      () => api.get(path, user),
      ({ state }) => state === "deleted",
    );
    return { prompts: [prompt], renders: { least: 0, most: 0 }, facts: factsOf(stays), erased: true };
  },
};

/** The customer goes, with all its users; nothing of it stays. */
export const closing: Story = {
  async tell(customer) {
    const { admin, tenant } = customer;
    await sendSmall(customer, "clip");
    const { prompt } = await beginProject(customer);
    await remove({ ...customer, api: admin }, `/admin/tenants/${tenant}`, {});
    await until(
      () => admin.get(`/admin/tenants/${tenant}/deletion`, user),
      ({ state }) => state === "deleted",
    );
    return { prompts: [prompt], renders: { least: 0, most: 0 }, facts: null };
  },
};
