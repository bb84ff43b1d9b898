/** PROTOCOL's table of codes is the whole of the closed table, each code under its status. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ERRORS } from "../../src/core/errors.ts";

/** What the operator's routes alone answer. */
const OPERATOR = ["admin_closed", "tenant_deleting", "too_many_invites"];

/** Each code of the document with the status before it in its row. */
function codesIn(document: string): [string, number][] {
  const section = document.slice(document.indexOf("### 3.2 Codes"), document.indexOf("## 4. Turns"));
  return section
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .flatMap((row) => {
      let status = 0;
      return [...row.matchAll(/\b(\d{3})\b|`([a-z_]+)`/g)].flatMap(([, number, code]): [string, number][] => {
        if (number !== undefined) status = Number(number);
        return code !== undefined && status > 0 ? [[code, status]] : [];
      });
    });
}

it("lists every public code with its status, once", () => {
  const listed = codesIn(readFileSync("PROTOCOL.md", "utf8"));
  const wanted = Object.entries(ERRORS)
    .filter(([code]) => !OPERATOR.includes(code))
    .map(([code, { status }]) => [code, status]);
  expect(listed.toSorted()).toEqual(wanted.toSorted());
});
