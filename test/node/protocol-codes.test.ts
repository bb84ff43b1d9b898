/** PROTOCOL's lists are whole: the table of codes, each under its status, and the types of events. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { EVENTS } from "../../scripts/lib/integrations/texts.ts";
import { ERRORS } from "../../src/core/errors.ts";
import { EVENT_TYPES } from "../../src/core/wire/event.ts";

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

/** The types of the line in section 7.1, which joins those of one resource: `turn.completed|failed`. */
function typesIn(document: string): string[] {
  const line = document.split("\n").find((text) => text.startsWith("Types: `turn."));
  return [...(line ?? "").matchAll(/`([a-z_]+)\.([a-z_|]+)`/g)].flatMap(([, resource, changes = ""]) =>
    changes.split("|").map((change) => `${resource}.${change}`),
  );
}

it("lists every type of event, once; each has its text for forms", () => {
  expect(typesIn(readFileSync("PROTOCOL.md", "utf8")).toSorted()).toEqual([...EVENT_TYPES].toSorted());
  expect(Object.keys(EVENTS).toSorted()).toEqual([...EVENT_TYPES].toSorted());
});
