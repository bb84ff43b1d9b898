/** The generated part of integrations/n8n: the parameters of its forms, and the events that its trigger offers. */
import { type Field, type FieldReader, labelOf } from "./fields.ts";
import { eventLabel, FORM_NAMES, FORMS, inForm, isLong, nameOf } from "./forms.ts";
import { EVENTS, HELP, WHETHER } from "./texts.ts";

/** n8n's rules for descriptions: HTML for code, and no period after a single sentence. */
function described(field: Field): string {
  const name = field.path.join(".");
  const text = field.type === "boolean" ? WHETHER[name] : field.help || HELP[name];
  if (text === undefined || text === "") throw new Error(`${name}: no text in scripts/lib/integrations/texts.ts`);
  const html = text
    .replace(/`([^`]+)`/g, "<code>$1</code>")
    .replace(/\bids\b/g, "IDs")
    .replace(/\bid\b/g, "ID");
  return /[.:] /.test(html.trim()) ? html : html.replace(/\.$/, "");
}

function parameter(field: Field): object {
  const about = { displayName: labelOf(field.path.at(-1) ?? ""), name: nameOf(field) };
  const description = described(field);
  const required = field.required ? { required: true } : {};
  switch (field.type) {
    case "boolean":
      return { ...about, type: "boolean", ...required, default: field.default === true, description };
    case "integer":
    case "number":
      return {
        ...about,
        type: "number",
        ...required,
        typeOptions: {
          ...(field.minimum === undefined ? {} : { minValue: field.minimum }),
          ...(field.maximum === undefined ? {} : { maxValue: field.maximum }),
        },
        default: field.default ?? 0,
        description,
      };
    case "choice":
      return {
        ...about,
        type: "options",
        ...required,
        options: field.choices.map((value) => ({ name: labelOf(value), value })),
        default: field.default ?? field.choices[0],
        description,
      };
    case "labels":
      return {
        ...about,
        type: "fixedCollection",
        typeOptions: { multipleValues: true },
        placeholder: "Add Label",
        default: {},
        description,
        options: [
          {
            displayName: "Label",
            name: "label",
            values: [
              { displayName: "Name", name: "name", type: "string", default: "", description: "The name of the label" },
              {
                displayName: "Value",
                name: "value",
                type: "string",
                default: "",
                description: "The value of the label",
              },
            ],
          },
        ],
      };
    case "text":
    case "list": {
      const rows = isLong(field) ? 4 : field.type === "list" ? 2 : undefined;
      return {
        ...about,
        type: "string",
        ...required,
        ...(rows === undefined ? {} : { typeOptions: { rows } }),
        default: typeof field.default === "string" ? field.default : "",
        ...(typeof field.example === "string" ? { placeholder: `e.g. ${field.example}` } : {}),
        description,
      };
    }
    default:
      throw new Error(`${field.path.join(".")}: a form cannot show a field of the type ${field.type}`);
  }
}

const byName = (one: object, other: object): number =>
  String((one as { displayName?: string }).displayName).localeCompare(
    String((other as { displayName?: string }).displayName),
  );

/** `nodes/shared/api.gen.ts`: required fields in the order of the document, optional ones by their label. */
export function n8nFile(reader: FieldReader): string {
  const forms = Object.fromEntries(
    FORM_NAMES.map((name) => {
      const fields = inForm(reader.fieldsOf(FORMS[name]));
      return [
        name,
        {
          required: fields.filter(({ required }) => required).map(parameter),
          optional: fields
            .filter(({ required }) => !required)
            .map(parameter)
            .sort(byName),
        },
      ];
    }),
  );
  const events = reader
    .valuesOf("EventType")
    .map((value) => ({ name: eventLabel(value), value, description: EVENTS[value] }))
    .sort((one, other) => one.name.localeCompare(other.name));
  return `// Generated from the gateway's OpenAPI document by npm run integrations:generate. Do not edit.
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

export type FormName = ${FORM_NAMES.map((name) => `'${name}'`).join(" | ")};
export type Form = { required: INodeProperties[]; optional: INodeProperties[] };

/** The parameters of each request body. */
export const FORMS: Record<FormName, Form> = ${JSON.stringify(forms, null, "\t")};

/** The event types that a hook can receive. */
export const EVENTS: INodePropertyOptions[] = ${JSON.stringify(events, null, "\t")};
`;
}
