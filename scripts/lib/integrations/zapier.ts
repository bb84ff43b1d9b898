/** The generated part of integrations/zapier: input fields, output fields and samples. */
import { type Field, type FieldReader, labelOf } from "./fields.ts";
import { ANSWERS, eventLabel, FORM_NAMES, FORMS, inForm, isLong, nameOf, TRIGGERS } from "./forms.ts";
import { EVENTS, HELP } from "./texts.ts";

const INPUT_TYPES: Partial<Record<Field["type"], string>> = {
  integer: "integer",
  number: "number",
  boolean: "boolean",
};

function input(field: Field): object {
  const helpText = field.help || HELP[field.path.join(".")];
  const hasDefault = ["string", "number", "boolean"].includes(typeof field.default);
  return {
    key: nameOf(field),
    label: labelOf(field.path.at(-1) ?? ""),
    type: INPUT_TYPES[field.type] ?? (isLong(field) ? "text" : "string"),
    ...(helpText ? { helpText } : {}),
    required: field.required,
    ...(field.type === "list" ? { list: true } : {}),
    ...(field.type === "labels" ? { dict: true } : {}),
    ...(field.type === "choice" ? { choices: field.choices } : {}),
    ...(hasDefault ? { default: String(field.default) } : {}),
    ...(typeof field.example === "string" && !hasDefault ? { placeholder: field.example } : {}),
  };
}

const OUTPUT_TYPES: Partial<Record<Field["type"], string>> = {
  integer: "integer",
  number: "number",
  boolean: "boolean",
  date: "datetime",
};

const outputs = (fields: readonly Field[], before = ""): object[] =>
  fields.flatMap((field) => {
    const label = `${before}${before === "" ? "" : " "}${field.label}`;
    if (field.type === "object") return outputs(field.fields, label);
    if (field.type === "any" || field.type === "labels") return [];
    return [
      {
        key: nameOf(field),
        label,
        type: OUTPUT_TYPES[field.type] ?? "string",
        ...(field.type === "list" ? { list: true } : {}),
      },
    ];
  });

/** `src/api.gen.ts`. */
export function zapierFile(reader: FieldReader): string {
  const inputs = Object.fromEntries(FORM_NAMES.map((name) => [name, inForm(reader.fieldsOf(FORMS[name])).map(input)]));
  const answers = Object.fromEntries(
    Object.entries(ANSWERS).map(([name, { schema, operation }]) => [
      name,
      { sample: reader.exampleOf(operation), outputFields: outputs(reader.fieldsOf(schema)) },
    ]),
  );
  const events = Object.fromEntries(
    TRIGGERS.map((type) => {
      const { fields, sample } = reader.hookOf(type);
      const about = { label: eventLabel(type), description: EVENTS[type] ?? "" };
      return [type, { ...about, sample, outputFields: outputs(fields) }];
    }),
  );
  return `// Generated from the gateway's OpenAPI document by npm run integrations:generate. Do not edit.

type Sample = Record<string, unknown>;
type InputField = {
  key: string;
  label: string;
  type: "string" | "text" | "integer" | "number" | "boolean";
  helpText?: string;
  required: boolean;
  list?: boolean;
  dict?: boolean;
  choices?: string[];
  default?: string;
  placeholder?: string;
};
type OutputField = {
  key: string;
  label: string;
  type: "string" | "integer" | "number" | "boolean" | "datetime";
  list?: boolean;
};

export type FormName = ${FORM_NAMES.map((name) => `"${name}"`).join(" | ")};
export type AnswerName = ${Object.keys(ANSWERS)
    .map((name) => `"${name}"`)
    .join(" | ")};
export type EventName = ${TRIGGERS.map((type) => `"${type}"`).join(" | ")};

/** The input fields of each request body. */
export const INPUTS: Record<FormName, InputField[]> = ${JSON.stringify(inputs, null, 2)};

/** A sample and the output fields of each answer. */
export const ANSWERS: Record<AnswerName, { sample: Sample; outputFields: OutputField[] }> = ${JSON.stringify(answers, null, 2)};

/** A sample and the output fields of each event that has a trigger. */
export const EVENTS: Record<
  EventName,
  { label: string; description: string; sample: Sample; outputFields: OutputField[] }
> = ${JSON.stringify(events, null, 2)};
`;
}
