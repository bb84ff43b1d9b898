/**
 * Calls that a turn's text suggests: upstream speaks of buttons and panels, callers have these. A closed table, so nothing
 * that upstream says can reach a method, a path or a body.
 */
import type { ProjectId } from "./ids.ts";

export type ActionName = "timeline" | "render" | "credits" | "turn" | "upload";

export type Action = {
  readonly action: ActionName;
  readonly method: "GET" | "POST";
  /** A template: `{id}` stands for the turn's own project. */
  readonly path: string;
};

const TABLE: Readonly<Record<ActionName, Action>> = {
  timeline: { action: "timeline", method: "GET", path: "/v1/projects/{id}/timeline" },
  render: { action: "render", method: "POST", path: "/v1/projects/{id}/renders" },
  credits: { action: "credits", method: "GET", path: "/v1/credits" },
  turn: { action: "turn", method: "POST", path: "/v1/projects/{id}/turns" },
  upload: { action: "upload", method: "POST", path: "/v1/uploads" },
};

export const ACTION_NAMES: readonly ActionName[] = ["timeline", "render", "credits", "turn", "upload"];

/** The table's entry, the same object each time. */
export const actionOf = (name: ActionName): Action => TABLE[name];

/** The action as an `action` event has it, with its project's id in the path. */
export const actionFor = (action: Action, project: ProjectId): Action => ({
  ...action,
  path: action.path.replace("{id}", project),
});

/**
 * True for what `"act": "auto"` may do unasked: read the timeline, and render the same project. Compared with the whole
 * entry of the table, so a path that was filled in or made elsewhere is not safe.
 */
export function isSafeAction(action: Action): boolean {
  if (action.action !== "timeline" && action.action !== "render") return false;
  const known = actionOf(action.action);
  return known.method === action.method && known.path === action.path;
}
