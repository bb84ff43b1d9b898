/** One gateway for all files of the project. */
import type { TestProject } from "vitest/node";
import { type Served, startServed } from "./served.ts";

declare module "vitest" {
  export interface ProvidedContext {
    readonly served: Served;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { served, stop } = await startServed();
  project.provide("served", served);
  return stop;
}
