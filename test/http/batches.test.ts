import { expect, it } from "vitest";
import { BUILT_IN_GENERATORS } from "../../src/core/generators/built-in.ts";
import { BATCH_ITEMS, BATCH_PROMPTS_BYTES, PROMPT_BYTES } from "../../src/core/limits.ts";
import { newBatch } from "../../src/core/wire/batch.ts";
import type { GeneratorWire } from "../../src/core/wire/generator.ts";
import { ApiError } from "../../src/http/problem.ts";
import { batchOf } from "../../src/routes/batches.ts";

const [base] = BUILT_IN_GENERATORS;
if (base === undefined) throw new Error("no generator is built in");

function rejectedAfter(
  items: readonly unknown[],
  generator: GeneratorWire,
): { made: number; fields: (string | undefined)[] } {
  let made = 0;
  const body = newBatch.parse({ generator: "x", items });
  // each item that is looked at is asked for its variables once
  const counted = body.items.map((item) => ({
    ...item,
    get variables() {
      made += 1;
      return { a: "b" };
    },
  }));
  try {
    batchOf({ ...body, items: counted }, generator);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { made, fields: error.problem.errors?.map(({ field }) => field) ?? [] };
  }
  throw new Error("the batch was taken");
}

it("a batch that is rejected is not filled completely", () => {
  const items = Array.from({ length: BATCH_ITEMS }, () => ({}));
  const missing = {
    ...base,
    prompt: "{{b}}",
    variables: [{ ...base.variables[0], name: "b", type: "text", default: null }],
  };
  const wrong = rejectedAfter(items, missing as GeneratorWire); // a recipe of one variable that is never sent
  expect(wrong.fields).toHaveLength(20);
  expect(wrong.made).toBeLessThan(3 * 20);
  const variables = [{ ...base.variables[0], name: "a", type: "text", default: "" }];
  const long = { ...base, needs_file: false, prompt: "x".repeat(PROMPT_BYTES - 1), variables };
  const large = rejectedAfter(items, long as GeneratorWire);
  expect(large.fields).toEqual(["/items"]);
  expect(large.made).toBeLessThan((3 * BATCH_PROMPTS_BYTES) / PROMPT_BYTES + 10);
});
