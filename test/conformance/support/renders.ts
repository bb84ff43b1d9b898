/** A project with a finished render. */
import { type RenderWire, render } from "../../../src/core/wire/render.ts";
import { type Member, shown, until } from "./client.ts";

export const startRender = (member: Member, project: string, json: unknown = {}): Promise<RenderWire> =>
  shown(member.post(`/v1/projects/${project}/renders`, json), render, 202);

export const endOfRender = (member: Member, id: string): Promise<RenderWire> =>
  until(
    () => member.get(`/v1/renders/${id}`, render),
    (got) => got.ended_at !== null,
  );

/** Makes a clip and renders it; `words` are added to the prompt. */
export async function finishedRender(member: Member, words = ""): Promise<{ project: string; done: RenderWire }> {
  const { id } = await member.newProject();
  await member.said(id, `make a 4 second clip of the sea ${words}`);
  return { project: id, done: await endOfRender(member, (await startRender(member, id)).id) };
}
