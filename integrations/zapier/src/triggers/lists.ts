/** The lists behind the dropdowns. They are hidden, since no Zap starts by them. */
import type { Trigger, ZObject } from "zapier-platform-core";

type Page = { data: { id: string; name: string | null }[]; next_cursor: string | null };

/** What a dropdown shows at most: a tenant has at most 205 generators; of projects it shows the newest. */
const MOST = 300;
const PAGE = 100;

const items = (path: string) => async (z: ZObject) => {
  const found: { id: string; name: string }[] = [];
  for (let after: string | null = null; found.length < MOST; ) {
    const params: Record<string, unknown> = { limit: PAGE, ...(after === null ? {} : { after }) };
    const page: Page = (await z.request({ url: path, params })).data;
    found.push(...page.data.map(({ id, name }) => ({ id, name: name ?? id })));
    after = page.next_cursor;
    if (after === null) break;
  }
  return found;
};

const hiddenList = (key: string, noun: string, path: string): Trigger => ({
  key,
  noun,
  display: { label: `List ${noun}s`, description: `Lists the ${noun.toLowerCase()}s for a dropdown.`, hidden: true },
  operation: {
    type: "polling",
    perform: items(path),
    sample: { id: "product-promo", name: "Product promo" },
    outputFields: [
      { key: "id", label: "ID", type: "string" },
      { key: "name", label: "Name", type: "string" },
    ],
  },
});

export const listTriggers: Record<string, Trigger> = {
  generator_list: hiddenList("generator_list", "Generator", "/v1/generators"),
  project_list: hiddenList("project_list", "Project", "/v1/projects"),
};
