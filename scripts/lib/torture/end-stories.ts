/** Stories of deletions: videos and projects, a user, a tenant. */
import * as z from "zod";
import { ResponseError } from "../api.ts";
import { eventNamesOf, sendHalf, sendSmall } from "./files.ts";
import { endOf, made, make, mustBe, promptOf, remove, type Story, until, withRetries } from "./story.ts";
import { beginProject } from "./work-stories.ts";

const user = z.object({ state: z.string() });
const video = z.object({ turn_id: z.string(), render_id: z.string() });

/** Deletes a video from a project that remains: its file expires; then deletes the project with everything in it. */
export const deletions: Story = {
  async perform(customer) {
    const { api } = customer;
    const { project, turn, prompt } = await beginProject(customer);
    const second = promptOf(customer, "make it 3 seconds long");
    const id = await make(customer, "/v1/videos", "video", { prompt: second, project });
    mustBe("completed", await endOf(customer, `/v1/videos/${id}`));
    const { turn_id, render_id } = await withRetries(() => api.get(`/v1/videos/${id}`, video));
    await remove(customer, `/v1/videos/${id}`);
    await until(
      () => isGone(() => api.send(`/v1/renders/${render_id}/content`)),
      (gone) => gone,
    );
    await remove(customer, `/v1/projects/${project}`);
    const eventNames = [`turn.completed ${turn}`, `turn.completed ${turn_id}`, `render.completed ${render_id}`];
    return {
      prompts: [prompt, second],
      renders: { least: 1, most: 1 },
      eventNames: [...eventNames, `video.completed ${id}`],
    };
  },
};

/** Whether the response says that the resource no longer exists. */
async function isGone(ask: () => Promise<Response>): Promise<boolean> {
  try {
    await (await ask()).body?.cancel();
    return false;
  } catch (error) {
    if (error instanceof ResponseError && (error.status === 404 || error.status === 410)) return true;
    throw error;
  }
}

/** Deletes a user in the middle of an upload and of a turn. */
export const leaving: Story = {
  async perform(customer) {
    const { api, run } = customer;
    const headers = { "x-user-id": `${run}-passer-by` };
    const keyed = (key: string, json: unknown) => ({
      method: "POST" as const,
      json,
      headers: { ...headers, "idempotency-key": `${run}-${key}` },
    });
    const stays = await sendSmall(customer, "stays");
    const { id } = await withRetries(() => api.get("/v1/projects", made, keyed("project", {})));
    const prompt = promptOf(customer, "make a 2 second video about tea");
    const turn = await withRetries(() => api.get(`/v1/projects/${id}/turns`, made, keyed("turn", { prompt })));
    await endOf(customer, `/v1/turns/${turn.id}`);
    await sendHalf(customer, "half", { user: headers });
    const late = promptOf(customer, "make it 5 seconds long");
    await withRetries(() => api.get(`/v1/projects/${id}/turns`, made, keyed("late", { prompt: late })));
    const path = `/v1/users/${encodeURIComponent(headers["x-user-id"])}`;
    await remove(customer, path, {});
    await until(
      () => api.get(path, user),
      ({ state }) => state === "deleted",
    );
    return { prompts: [prompt], renders: { least: 0, most: 0 }, eventNames: eventNamesOf(stays), erased: true };
  },
};

/** Deletes the tenant with all its users. */
export const closing: Story = {
  async perform(customer) {
    const { admin, tenant } = customer;
    await sendSmall(customer, "clip");
    const { prompt } = await beginProject(customer);
    await remove({ ...customer, api: admin }, `/admin/tenants/${tenant}`, {});
    await until(
      () => admin.get(`/admin/tenants/${tenant}/deletion`, user),
      ({ state }) => state === "deleted",
    );
    return { prompts: [prompt], renders: { least: 0, most: 0 }, eventNames: null };
  },
};
