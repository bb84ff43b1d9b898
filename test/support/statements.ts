/** Counts what a request costs: the SQL statements of each object, and the RPC calls to each class of objects. */
import { runInDurableObject } from "cloudflare:test";
import { vi } from "vitest";

type Exec = (query: string, ...values: unknown[]) => unknown;

/** A statement (`isCall` false) of the object with this name, or a call to this class. */
export type Step = { readonly of: string; readonly what: string; readonly isCall: boolean };

/** What was done, in order, until `take` returns it and starts anew. */
export type StepLog = {
  readonly take: () => readonly Step[];
  /** How many calls of this method have returned. */
  readonly returned: (method: string) => number;
};

/** Records the statements of these objects and the calls of all methods of these classes, until `vi.restoreAllMocks()`. */
export async function watchSteps(
  objects: Readonly<Record<string, DurableObjectStub>>,
  classes: Readonly<Record<string, { readonly prototype: object }>>,
): Promise<StepLog> {
  let steps: Step[] = [];
  const returned = new Map<string, number>();
  const names = new Map<unknown, string>();
  const kinds = new Set<{ exec: Exec }>();
  for (const [name, stub] of Object.entries(objects))
    await runInDurableObject(stub, (_, { storage: { sql } }) => {
      names.set(sql, name);
      kinds.add(Object.getPrototypeOf(sql) as { exec: Exec }); // every SqlStorage has the same one
    });
  for (const kind of kinds) {
    const { exec } = kind;
    vi.spyOn(kind, "exec").mockImplementation(function (this: unknown, query, ...values) {
      const of = names.get(this);
      if (of !== undefined) steps.push({ of, what: query.replace(/\s+/g, " ").trim(), isCall: false });
      return exec.call(this, query, ...values);
    });
  }
  for (const [of, { prototype }] of Object.entries(classes)) {
    const methods = prototype as Record<string, (...given: unknown[]) => unknown>; // classes of objects have methods only
    for (const method of Object.getOwnPropertyNames(prototype)) {
      const run = methods[method];
      if (method === "constructor" || run === undefined) continue;
      vi.spyOn(methods, method).mockImplementation(async function (this: unknown, ...given: unknown[]) {
        steps.push({ of, what: method, isCall: true });
        const result = await run.apply(this, given);
        returned.set(method, (returned.get(method) ?? 0) + 1);
        return result;
      });
    }
  }
  return {
    take: () => {
      const taken = steps;
      steps = [];
      return taken;
    },
    returned: (method) => returned.get(method) ?? 0,
  };
}
