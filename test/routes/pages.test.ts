/** Lists whose items are deleted while a client pages through them. */
import { describe, expect, it } from "vitest";
import { call, jsonOf, makeMember, send } from "../support/gateway.ts";

type Page = { data: { id: string }[]; has_more: boolean; next_cursor: string | null };

/** How to create one item of each list that callers can delete from. */
const LISTS: Record<string, { body: (n: number) => unknown; status: number; headers?: Record<string, string> }> = {
  "/v1/uploads": {
    body: () => ({ filename: "a.png", size_bytes: 3 }),
    status: 201,
    headers: { "Tus-Resumable": "1.0.0" },
  },
  "/v1/projects": { body: () => ({}), status: 201 },
  "/v1/generators": { body: (n) => ({ name: `mine ${n}`, prompt: "make a clip" }), status: 201 },
};

describe("a page after the cursor", () => {
  it.each(Object.keys(LISTS))("continues in %s if the cursor's own item was deleted", async (list) => {
    const { headers } = await makeMember();
    const { body, status, headers: more = {} } = LISTS[list] as (typeof LISTS)[string];
    const made: string[] = [];
    for (const n of [1, 2, 3])
      made.push((await jsonOf<{ id: string }>(await send("POST", list, body(n), headers), status)).id);
    const page = async (after: string | null) =>
      jsonOf<Page>(await call(`${list}?limit=1${after === null ? "" : `&after=${after}`}`, { headers }));
    const first = await page(null);
    const last = first.data[0]?.id ?? "";
    expect(made).toContain(last);
    expect((await call(`${list}/${last}`, { method: "DELETE", headers: { ...headers, ...more } })).status).toBe(204);
    const seen: string[] = [];
    for (let cursor = first.next_cursor; cursor !== null; ) {
      const next = await page(cursor);
      seen.push(...next.data.map(({ id }) => id));
      cursor = next.next_cursor;
    }
    expect(seen.filter((id) => made.includes(id)).toSorted()).toEqual(made.filter((id) => id !== last).toSorted());
  });
});
