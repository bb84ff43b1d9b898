import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonical, idAt, parseJson, spanAt } from "../../src/nemo/json.ts";

const cut = (text: string, path: readonly string[]): string | null => {
  const span = spanAt(text, path);
  return span === null ? null : text.slice(span.start, span.end);
};

/** JSON texts with everything that a parser and a printer would lose. */
const oddLeaf = fc.constantFrom(
  "1.0",
  "1e21",
  "5500000000000000123",
  "-0",
  "1E-7",
  '"\\ud83c\\udfac"',
  '"a\\/b\\u0041"',
  '"}],:{\\""',
  "null",
  "true",
  '"\ud83d"',
  '"é😀"',
);
const space = fc.constantFrom("", " ", "\n\t", "\r\n ");
const key = fc.constantFrom('"10"', '"2"', '"draft"', '"a b"', '"\\u0064raft"', '"__proto__"', '""', '"t"');
const { odd } = fc.letrec<{ odd: string; array: string; object: string; member: string }>((tie) => ({
  odd: fc.oneof({ maxDepth: 4 }, oddLeaf, tie("array"), tie("object")),
  array: fc
    .tuple(fc.array(tie("odd"), { maxLength: 3 }), space)
    .map(([items, gap]) => `[${gap}${items.join(`${gap},`)}${gap}]`),
  object: fc
    .tuple(fc.array(tie("member"), { maxLength: 4 }), space)
    .map(([members, gap]) => `{${gap}${members.join(`,${gap}`)}${gap}}`),
  member: fc
    .tuple(key, space, tie("odd"), space)
    .map(([name, before, value, after]) => `${name}${before}:${after}${value}`),
}));

describe("spanAt", () => {
  it("returns a value's text unchanged", () => {
    const draft = '{ "id":5500000000000000123,"10":1.0 ,"2":1e21,"x":"\\ud83c\\udfac" }';
    expect(cut(`{"code":0,"data":{"state":{"draft": ${draft}\n,"video_infos":[]}}}`, ["data", "state", "draft"])).toBe(
      draft,
    );
  });

  it("uses the last of duplicate keys at every level, like JSON.parse", () => {
    expect(cut('{"a":{"b":1},"a":{"b":2,"b":3}}', ["a", "b"])).toBe("3");
    expect(cut('{"a":{"b":1},"a":{}}', ["a", "b"])).toBeNull();
    expect(cut('{"a":1,"\\u0061":2}', ["a"])).toBe("2");
  });

  it("finds nothing below a value that is not an object", () => {
    for (const text of ['{"a":[{"b":1}]}', '{"a":"b"}', '{"a":null}', "[]", "7"])
      expect(cut(text, ["a", "b"])).toBeNull();
  });

  it("is not confused by braces in strings and needs no stack for deep nesting", () => {
    expect(cut('{"x":"}{\\"draft\\":1","draft":2}', ["draft"])).toBe("2");
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    expect(cut(`{"x":${deep},"draft":7}`, ["draft"])).toBe("7");
  });

  it("property: returns the exact text of what JSON.parse finds there", () => {
    fc.assert(
      fc.property(odd, odd, odd, space, (before, draft, after, gap) => {
        const text = `{${gap}"x":${before},"data":{"state":{"old":${after},"draft"${gap}:${gap}${draft}${gap},"z":${before}}}${gap}}`;
        expect(cut(text, ["data", "state", "draft"])).toBe(draft.trim());
      }),
      { numRuns: 300 },
    );
  });

  it("property: for any object and key it agrees with JSON.parse", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, odd), { maxLength: 6 }), (members) => {
        const text = `{${members.map(([name, value]) => `${name}:${value}`).join(",")}}`;
        const parsed = JSON.parse(text) as object;
        for (const [name] of members) {
          const own = JSON.parse(name) as string;
          const raw = cut(text, [own]);
          expect(parseJson(raw ?? "")).toEqual(Object.getOwnPropertyDescriptor(parsed, own)?.value);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("idAt", () => {
  it("keeps every digit of a bare number", () => {
    expect(idAt('{"data":{"session_id":5500000000000000123}}', ["data", "session_id"])).toBe("5500000000000000123");
  });

  it("reads strings with their escapes, and rejects the rest", () => {
    expect(idAt('{"a":"x\\u0031"}', ["a"])).toBe("x1");
    for (const bad of ['""', "null", "1.5", "-3", "1e3", "{}", "[]", "true"])
      expect(idAt(`{"a":${bad}}`, ["a"])).toBeNull();
  });
});

describe("canonical", () => {
  it("is equal for the same value in other spellings", () => {
    expect(canonical('{ "b" : [1, {"y":2,"x":"\\u0041"}],\n"a":1 }')).toBe('{"a":1,"b":[1,{"x":"A","y":2}]}');
  });

  it("differs in the last digit of a 19-digit number", () => {
    expect(canonical('{"id":5500000000000000123}')).not.toBe(canonical('{"id":5500000000000000124}'));
  });

  it("keeps text that is not JSON, and deep values, unchanged", () => {
    expect(canonical("{nope")).toBe("{nope");
    const deep = `${"[".repeat(100_000)} 1${"]".repeat(100_000)}`;
    expect(canonical(deep)).toContain("[ 1]");
  });

  it("property: parses to the same value and is its own canonical form", () => {
    fc.assert(
      fc.property(odd, (text) => {
        const once = canonical(text);
        expect(JSON.parse(once)).toEqual(JSON.parse(text));
        expect(canonical(once)).toBe(once);
      }),
      { numRuns: 300 },
    );
  });
});
