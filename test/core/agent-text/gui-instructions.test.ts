import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { GuiInstructionStream, translateGuiInstructions } from "../../../src/core/agent-text/gui-instructions.ts";
import { LONGEST_SENTENCE } from "../../../src/core/agent-text/sentences.ts";
import { LANGUAGES } from "../../../src/core/agent-text/vocabulary.ts";
import { ACTION_NAMES, actionFor, actionOf, isSafeAction } from "../../../src/core/turn.ts";
import { PIECES, REMOVED, UNTOUCHED } from "../messages/gui-talk.ts";

const names = (text: string): string[] => translateGuiInstructions(text).actions.map(({ action }) => action);
const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((chunks) => chunks.join(""));
const anyText = fc.oneof(
  text,
  fc.string({ unit: "binary" }),
  fc.array(fc.oneof(text, fc.string()), { maxLength: 5 }).map((all) => all.join(" ")),
);

describe("GUI instructions in a text", () => {
  it.each(REMOVED)("are translated: %j becomes %j", (given, left, actions) => {
    expect(translateGuiInstructions(given).text).toBe(left);
    expect(names(given)).toEqual(actions);
  });

  it.each(UNTOUCHED)("are not found in %j", (given) => {
    expect(translateGuiInstructions(given)).toEqual({ text: given, actions: [] });
  });

  it("keep an offer to export, with the call that does it", () => {
    expect(translateGuiInstructions("You can export it now.").text).toBe("You can export it now.");
    expect(names("You can export it now.")).toEqual(["render"]);
    expect(names("您可以导出视频。")).toEqual(["render"]);
  });

  it("leave a sentence apart from the one before it", () => {
    expect(translateGuiInstructions("好的.在时间线中预览; but ok, the video is ready.").text).toBe(
      "好的. Ok, the video is ready.",
    );
    const odd = "如果. :”:Click Export";
    expect(translateGuiInstructions("如果.在时间线中预览 ; but :”:Click Export").text).toBe(odd);
    expect(translateGuiInstructions(odd).text).toBe(odd);
  });

  it("do not change when translated again, and never get longer", () => {
    fc.assert(
      fc.property(anyText, (given) => {
        const once = translateGuiInstructions(given).text;
        expect(translateGuiInstructions(once).text).toBe(once);
        expect(once.length).toBeLessThanOrEqual(given.length);
      }),
      { numRuns: 2_000 },
    );
  });

  /** How often a pattern is tried: the same on every machine, whatever else it does. */
  function triesOf(given: string): number {
    const tries = vi.spyOn(RegExp.prototype, "exec");
    translateGuiInstructions(given);
    const count = tries.mock.calls.length;
    tries.mockRestore();
    return count;
  }

  it("are not looked for in text without a word that each of them needs", () => {
    const clause = "the harbour at dawn, with gulls; slow and warm, 一段关于大海的视频，";
    const [short, long] = [clause.repeat(3), clause.repeat(12)];
    expect(triesOf(long)).toBe(triesOf(short)); // the same, however many clauses there are
    expect(triesOf(`${long} click on`)).toBeGreaterThan(triesOf(long) + 24);
  });

  it("match no text without such a word", () => {
    const given = [...REMOVED.map(([from]) => from), ...UNTOUCHED, ...PIECES].flatMap((one) =>
      one.split(/[,，.。;；:：]\s*/),
    );
    const clause = fc.oneof(
      fc.constantFrom(...given),
      fc.tuple(fc.constantFrom(...given), anyText).map((both) => both.join(" ")),
    );
    fc.assert(
      fc.property(clause, (text) => {
        for (const { words, instructions, offer } of LANGUAGES)
          if (!words.test(text))
            expect([...instructions.map(([, one]) => one), offer].find((one) => one.test(text))).toBeUndefined();
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    "点击按钮，我x；",
    "click on, I've x; ",
    "我x，点击按钮，我x；",
    "if you: click on; ",
    "click on; however, ",
  ])("are each read once in a sentence of many instructions: %j", (chunk) => {
    const half = chunk.repeat(Math.floor(LONGEST_SENTENCE / 2 / chunk.length) - 1);
    expect(triesOf(half + half)).toBeLessThan(triesOf(half) * 2.5);
  });

  it("give the same result for a stream as for the whole text, however it is cut", () => {
    fc.assert(
      fc.property(anyText, fc.array(fc.nat(40), { maxLength: 60 }), (given, cuts) => {
        const stream = new GuiInstructionStream();
        const said = [];
        let at = 0;
        for (const size of cuts) {
          said.push(stream.push(given.slice(at, at + size)));
          at += size;
        }
        said.push(stream.push(given.slice(at)), stream.push("", true));
        const whole = translateGuiInstructions(given);
        expect(said.map((part) => part.text).join("")).toBe(whole.text);
        expect(said.flatMap((part) => part.actions)).toEqual(whole.actions);
      }),
      { numRuns: 2_000 },
    );
  });

  /** How many characters are looked at while a text arrives one by one: by themselves, or in what a pattern is tried on. */
  function charactersReadOf(given: string): number {
    const looks = vi.spyOn(String.prototype, "charAt");
    const tries = vi.spyOn(RegExp.prototype, "exec");
    const stream = new GuiInstructionStream();
    for (const character of given) stream.push(character);
    const tried = tries.mock.calls.reduce((sum, [text = ""]) => sum + text.length, 0);
    const count = looks.mock.calls.length + tried;
    looks.mockRestore();
    tries.mockRestore();
    return count;
  }

  it.each(["a", " ", "\n", ".", "!)", "`", "``x", '"', '." ', "“a.” ", "click the button. ", "1. ", "。"])(
    "take the same work for each character of a text that arrives in the smallest chunks: %j",
    (chunk) => {
      const [short, long] = [200, 800].map((length) => charactersReadOf(chunk.repeat(length).slice(0, length)));
      expect(long).toBeLessThan((short ?? 0) * 5);
    },
  );

  it("delay the text by no more than one sentence", () => {
    const stream = new GuiInstructionStream();
    expect(stream.push("Added music. You can cl").text).toBe("Added music.");
    expect(stream.push("ick Export. Enjoy")).toEqual({ text: "", actions: [actionOf("render")] });
    expect(stream.push("", true).text).toBe(" Enjoy");
    const long = new GuiInstructionStream();
    expect(long.push("a".repeat(10 * LONGEST_SENTENCE)).text.length).toBeGreaterThanOrEqual(9 * LONGEST_SENTENCE);
  });

  it("are found in 64 kB of any text in bounded time", () => {
    const worst = [
      "click ",
      "点击",
      "a, ",
      "you can ",
      "(",
      '"',
      "**",
      "open the ",
      "`",
      "```",
      "1. ",
      "preview x ",
      "in the ",
      " ",
      "如果",
      "to ",
    ];
    for (const chunk of worst) {
      // A pattern that tries every way to read a long text would exceed this test's timeout.
      const translated = translateGuiInstructions(chunk.repeat(65_536 / chunk.length));
      expect(translated.text.length).toBeLessThanOrEqual(65_536);
    }
  });
});

describe("a suggested call", () => {
  it("is one of a fixed table, whatever upstream says", () => {
    fc.assert(
      fc.property(anyText, (given) => {
        for (const action of translateGuiInstructions(given).actions)
          expect(ACTION_NAMES.map(actionOf)).toContain(action);
      }),
    );
  });

  it("is safe if it reads the timeline or renders the same project", () => {
    expect(ACTION_NAMES.filter((name) => isSafeAction(actionOf(name)))).toEqual(["timeline", "render"]);
    expect(isSafeAction({ ...actionOf("timeline"), method: "POST" })).toBe(false);
    expect(isSafeAction({ ...actionOf("render"), path: "/v1/projects/other/renders" })).toBe(false);
  });

  it("has its project's id in the path", () => {
    expect(actionFor(actionOf("render"), "prj_1").path).toBe("/v1/projects/prj_1/renders");
    expect(actionFor(actionOf("credits"), "prj_1").path).toBe("/v1/credits");
  });
});
