import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classifyMessage, COMMANDS as NAMES, undefinedNames } from "../../../src/core/commands.ts";
import { COMMANDS as FIRST_COMMANDS } from "../messages/commands.ts";
import { FIFTH_CHAT, FIFTH_COMMANDS } from "../messages/fifth.ts";
import { FOURTH_CHAT, FOURTH_COMMANDS } from "../messages/fourth.ts";
import { MORE_CHAT, MORE_COMMANDS } from "../messages/more.ts";
import { THIRD_CHAT, THIRD_COMMANDS } from "../messages/third.ts";
import { CHAT as FIRST_CHAT, LOOSE_CHAT } from "../messages/traps.ts";

const COMMANDS = [...FIRST_COMMANDS, ...MORE_COMMANDS, ...THIRD_COMMANDS, ...FOURTH_COMMANDS, ...FIFTH_COMMANDS];
const CHAT = [...FIRST_CHAT, ...LOOSE_CHAT, ...MORE_CHAT, ...THIRD_CHAT, ...FOURTH_CHAT, ...FIFTH_CHAT];
const MESSAGES = [...COMMANDS, ...CHAT];
const LABELS = [...NAMES, "chat"] as const;

describe("the labelled messages", () => {
  it("are at least 300, half of them not commands, without duplicates", () => {
    expect(MESSAGES.length).toBeGreaterThanOrEqual(300);
    expect(CHAT.length * 2).toBeGreaterThanOrEqual(MESSAGES.length);
    expect(new Set(MESSAGES.map(({ text }) => text)).size).toBe(MESSAGES.length);
  });

  it("never turn an instruction for the agent into a command", () => {
    expect(CHAT.filter(({ text }) => classifyMessage(text) !== "chat")).toEqual([]);
  });

  it("miss at most 5 % of the commands, and confuse none with another", () => {
    const wrong = COMMANDS.filter(({ text, intent }) => classifyMessage(text) !== intent);
    expect(wrong.filter(({ text }) => classifyMessage(text) !== "chat")).toEqual([]);
    expect(wrong.length / COMMANDS.length).toBeLessThanOrEqual(0.05);
  });
});

describe("the grammar", () => {
  it("refers only to entries that exist", () => {
    expect(undefinedNames()).toEqual([]);
  });

  it("treats a message with any unknown word as chat", () => {
    const command = fc.constantFrom(...COMMANDS.map(({ text }) => text).filter((text) => /^[a-z ]+$/.test(text)));
    fc.assert(
      fc.property(command, fc.nat(12), fc.constantFrom("blue", "sunset", "slower", "猫", "title"), (text, at, word) => {
        const words = text.split(" ");
        words.splice(Math.min(at, words.length), 0, word);
        expect(classifyMessage(words.join(" "))).toBe("chat");
      }),
    );
  });

  it("ignores case, width, spaces and emoji around a command", () => {
    const wide = (text: string): string =>
      text.replace(/[!-~]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0));
    const dress = fc.constantFrom(
      (text: string) => text.toUpperCase(),
      (text: string) => `  ${text}\n`,
      (text: string) => `${text} 🙏👍🏽`,
      (text: string) => `${text}!!!`,
      wide,
    );
    fc.assert(
      fc.property(fc.constantFrom(...COMMANDS), dress, ({ text, intent }, dressed) => {
        if (classifyMessage(text) === intent) expect(classifyMessage(dressed(text))).toBe(intent);
      }),
    );
  });

  it("treats anything in quotes as chat", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...COMMANDS),
        fc.constantFrom('""', "“”", "「」", "''", "``", "《》"),
        ({ text }, pair) => {
          expect(classifyMessage(`${pair.charAt(0)}${text}${pair.charAt(1)}`)).toBe("chat");
        },
      ),
    );
  });

  it("classifies any text, in bounded time", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => LABELS.includes(classifyMessage(text))));
    expect(classifyMessage("please ".repeat(3_000))).toBe("chat");
    expect(classifyMessage("请".repeat(199))).toBe("chat");
    expect(classifyMessage(`${" ".repeat(20_000)}export`)).toBe("export");
  });
});
