/** The data of every webhook of a measurement, a turn as its route shows it, about 1 kB; and the whole event of a comparison. */
import { type EpochMs, toRfc3339 } from "../../src/core/time.ts";

export function turnBody(id: string, at: EpochMs): Record<string, unknown> {
  const moment = toRfc3339(at);
  return {
    id,
    project_id: "prj_0123456789abcdefghjkmnpqrstvwxyz",
    status: "completed",
    intent: "chat",
    prompt: "make a clip of the sea, ten seconds, with calm music under it and a title at the start",
    text: "The clip is ten seconds long and shows the sea at dusk. Calm piano music plays under it, and the title stands over the first three seconds. Should the title stay longer.",
    text_complete: true,
    charged: "yes",
    credits: 12,
    timeline: { changed: true, summary: "1 video, 1 music track, 1 title, 10 s" },
    evidence: { stream: "closed", timeline: "changed", balance: "lower" },
    error: null,
    language: "en",
    metadata: { order: "4711" },
    render_ids: [],
    events_url: `https://gateway.example/v1/turns/${id}/events`,
    created_at: moment,
    sent_at: moment,
    ended_at: moment,
  };
}

/** Warm-up events of a comparison, before the measured ones. */
export const WARM = 500;

/** The n-th event of a comparison, as the gateway sends it. */
export function eventBody(n: number, at: EpochMs): { readonly id: string } & Record<string, unknown> {
  const data = turnBody(`trn_loop_${n}`, at);
  const common = { tenant: "ten_bench", mode: "live", sequence: 1, endpoint: "whk_bench" };
  return { id: `evt_loop_${n}`, type: "turn.completed", cursor: n, timestamp: toRfc3339(at), ...common, data };
}
