/** Vitest reporter of complete runs: a line for each tenth of the files, every failure at once, the summary. */
import { relative } from "node:path";
import { DefaultReporter, type TestCase, type TestModule, type TestSpecification } from "vitest/node";
import { ROOT } from "./root.ts";

const PARTS = 10;

// Vitest creates reporters from a file's default export.
// biome-ignore lint/style/noDefaultExport: see above
export default class TestProgress extends DefaultReporter {
  #files = 0;
  #done = 0;
  #tests = 0;
  #printed = 0;
  #began = Date.now();

  override onTestRunStart(specifications: readonly TestSpecification[]): void {
    super.onTestRunStart(specifications);
    this.#files = specifications.length;
    this.#began = Date.now();
  }

  override onTestCaseResult(test: TestCase): void {
    super.onTestCaseResult(test);
    this.#tests++;
    if (test.result().state === "failed") this.log(`✗ ${relative(ROOT, test.module.moduleId)} › ${test.fullName}`);
  }

  override onTestModuleEnd(module: TestModule): void {
    super.onTestModuleEnd(module);
    this.#done++;
    const part = Math.floor((PARTS * this.#done) / Math.max(1, this.#files));
    if (part === this.#printed) return;
    this.#printed = part;
    const seconds = Math.round((Date.now() - this.#began) / 1_000);
    this.log(`${this.#done} of ${this.#files} files, ${this.#tests} tests, ${seconds} s`);
  }

  /** Prints nothing per file: the summary has what matters. */
  protected override printTestModule(): void {}
}
