import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isTrailingNoise, saysNoCredits, withoutTrailingNoise } from "../../../src/core/agent-text/noise.ts";

const NOISE = [
  "I encountered a temporary issue",
  "I encountered a temporary issue while processing your request. Please try again.",
  "I've encountered a temporary issue. Please try again later.",
  "I’m sorry, I encountered a temporary issue. Please try again in a moment!",
  "Sorry, I ran into an unexpected error while processing your request.",
  "It seems I hit a temporary problem. Sorry about that. Please retry.",
  "I encountered a temporary issue, please try again.",
  "我遇到了一个临时问题。",
  "抱歉，我遇到了临时问题，请稍后再试。",
  "我在处理您的请求时遇到了一个暂时性问题。请重试。",
  "很抱歉,系统出现了技术故障,请稍后重试!",
];
const NOT_NOISE = [
  "",
  "Please try again.",
  "I added music. I encountered a temporary issue.",
  "I could not add the title.",
  "I encountered a temporary issue with the captions, so I kept the old ones.",
  "The hero encountered a temporary issue with his car.",
  "我遇到了一个临时问题，所以没有添加标题。",
  "请稍后再试。",
  "Added a title: I encountered a temporary issue",
];
const SPENT = [
  "You do not have enough credits for this. Check your account in the settings.",
  "积分不足,无法完成此操作。请在设置中查看账户余额。",
  "Insufficient credits.",
  "Sorry, you've run out of credits.",
  "You are out of credits. Please top up.",
  "You have no credits left.",
  "Your credits have been exhausted.",
  "Your credit balance is too low to generate this clip.",
  "You don't have any credits left.",
  "您的积分已用完，请充值。",
  "抱歉，您的积分不够。",
  "余额不足",
];
const NOT_SPENT = [
  "",
  "I added end credits.",
  "The end credits are gone.",
  "There are no credits in the title sequence.",
  'The title says "Insufficient credits".',
  "标题是“积分不足”。",
  "You have 20 credits left.",
  "This used 10 credits.",
  "If you run out of credits, you can top up.",
  "You won't run out of credits.",
  "I removed the credits.",
  "Make sure you have enough credits before the render.",
  "如果积分不足，可以充值。",
  "已添加余额不足的画面。",
  "片尾字幕已添加。",
];

describe("an apology for a temporary issue", () => {
  it.each(NOISE)("is recognised: %j", (text) => expect(isTrailingNoise(text)).toBe(true));
  it.each(NOT_NOISE)("is not recognised in %j", (text) => expect(isTrailingNoise(text)).toBe(false));

  it("is dropped after other output, and kept if there is no other", () => {
    const [noise = ""] = NOISE;
    expect(withoutTrailingNoise(["Added music.", noise, ""])).toEqual(["Added music."]);
    expect(withoutTrailingNoise(["Added music.", noise, "Added a title."])).toHaveLength(3);
    expect(withoutTrailingNoise([noise])).toEqual([noise]);
    expect(withoutTrailingNoise(["", noise])).toEqual(["", noise]);
    expect(withoutTrailingNoise([])).toEqual([]);
  });
});

describe("a text about credits", () => {
  it.each(SPENT)("reports that they are exhausted: %j", (text) => expect(saysNoCredits(text)).toBe(true));
  it.each(NOT_SPENT)("does not report that they are exhausted: %j", (text) => expect(saysNoCredits(text)).toBe(false));

  it("is classified for any input", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(typeof saysNoCredits(text)).toBe("boolean");
        expect(typeof isTrailingNoise(text)).toBe("boolean");
      }),
    );
  });
});
