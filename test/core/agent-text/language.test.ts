import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseLanguage, type LanguageHints } from "../../../src/core/agent-text/vocabulary.ts";

const none: LanguageHints = { explicit: null, last: null, acceptLanguage: null, prompt: "" };
const given = (clues: Partial<LanguageHints>): string => chooseLanguage({ ...none, ...clues });

describe("chooseLanguage", () => {
  it("is English if there is no clue", () => {
    expect(chooseLanguage(none)).toBe("en");
  });

  it("follows the strongest clue", () => {
    const all: LanguageHints = { explicit: "en", last: "zh", acceptLanguage: "en", prompt: "加字幕" };
    expect(chooseLanguage(all)).toBe("en");
    expect(chooseLanguage({ ...all, explicit: null })).toBe("zh");
    expect(chooseLanguage({ ...all, explicit: null, last: null })).toBe("en");
    expect(chooseLanguage({ ...all, explicit: null, last: null, acceptLanguage: null })).toBe("zh");
  });

  it.each([
    ["zh", "zh"],
    ["zh-Hant-TW", "zh"],
    ["zh_CN", "zh"],
    [" ZH-hans ", "zh"],
    ["en", "en"],
    ["EN-us", "en"],
    ["en_GB", "en"],
    ["fr", "en"],
    ["zhx", "en"],
    ["ja-JP", "en"],
  ])("understands the tag %j as %s", (tag, language) => {
    expect(given({ explicit: tag, last: "zh", prompt: "加字幕" })).toBe(language);
    expect(given({ last: tag, acceptLanguage: "zh" })).toBe(language);
  });

  it.each(["", "  ", "*", "z", "-zh", "zh--CN", "zh CN", "中文", "zh;q=1", "x".repeat(1_000), "e\u0000n"])(
    "ignores an invalid tag: %j",
    (tag) => {
      expect(given({ explicit: tag, last: "zh" })).toBe("zh");
      expect(given({ last: tag, acceptLanguage: "zh" })).toBe("zh");
    },
  );

  it.each([
    ["zh", "zh"],
    ["zh-CN,zh;q=0.9,en;q=0.8", "zh"],
    ["en-US,en;q=0.9,zh;q=0.8", "en"],
    ["en;q=0.5, zh;q=0.7", "zh"],
    ["fr, zh;q=0.5", "zh"],
    ["fr, de;q=0.9, en;q=0.1, zh;q=0.2", "zh"],
    ["en, zh", "en"],
    ["zh, en", "zh"],
    ["en;q=0, zh;q=0.001", "zh"],
    ["en ; Q=0.2 , ZH_tw ; q=0.3", "zh"],
    ["en;q=nonsense, zh;q=0.1", "zh"],
    ["en;q=7, zh;q=0.1", "zh"],
    [",,;;=,zh", "zh"],
    ["en;level=1;q=0.1, zh;q=0.2", "zh"],
  ])("reads Accept-Language %j as %s", (acceptLanguage, language) => {
    expect(given({ acceptLanguage, prompt: language === "zh" ? "add captions" : "加字幕" })).toBe(language);
  });

  it.each(["", "*", "fr", "fr, de;q=0.5", "zh;q=0", "not a header \u0000", ";q=1", "q=1", ",".repeat(10_000)])(
    "ignores Accept-Language %j",
    (acceptLanguage) => {
      expect(given({ acceptLanguage, prompt: "加字幕" })).toBe("zh");
      expect(given({ acceptLanguage, prompt: "add captions" })).toBe("en");
    },
  );

  it.each([
    ["把视频变短", "zh"],
    ["add 字幕", "zh"],
    ['把标题改成 "Hello World"', "zh"],
    ["𠮷", "zh"],
    ['change the title to "你好"', "en"],
    ["change the title to “你好” please", "en"],
    ["“你好”", "zh"],
    ["make it shorter", "en"],
    ["сделай короче", "en"],
    ["夕日の動画を作成", "en"],
    ["동영상 製作", "en"],
    ["品牌名是“鲜の味”", "zh"],
    ["🎬 12345", "en"],
    ["", "en"],
  ])("reads the prompt %j as %s", (prompt, language) => {
    expect(given({ prompt })).toBe(language);
  });

  it("property: returns one of the two languages for any input", () => {
    const text = fc.option(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.string({ unit: fc.constantFrom("z", "h", "e", "n", "-", ",", ";", "q", "=", ".", "1", "*", " ") }),
      ),
      { nil: null },
    );
    fc.assert(
      fc.property(text, text, text, fc.string({ unit: "binary" }), (explicit, last, acceptLanguage, prompt) => {
        expect(["en", "zh"]).toContain(chooseLanguage({ explicit, last, acceptLanguage, prompt }));
      }),
    );
  });
});
