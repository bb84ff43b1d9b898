/** Fields of request bodies, answers and hook bodies as forms show them: read from the gateway's OpenAPI document. */

export type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly description?: string;
  readonly default?: unknown;
  readonly example?: unknown;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
};

type Media = { readonly schema?: Schema; readonly example?: unknown };
type Operation = {
  readonly operationId?: string;
  readonly summary?: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
};

export type OpenApi = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks: Readonly<Record<string, { readonly post: Operation }>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

/**
 * The form of a value. `labels` is an object of the caller's own names and texts; `list` is an array of plain values; `object`
 * has fields of its own; `any` is everything else.
 */
export type FieldType =
  | "text"
  | "integer"
  | "number"
  | "boolean"
  | "choice"
  | "date"
  | "list"
  | "labels"
  | "object"
  | "any";

export type Field = {
  /** The names from the body to the value. */
  readonly path: readonly string[];
  readonly label: string;
  readonly help: string;
  readonly type: FieldType;
  readonly choices: readonly string[];
  readonly required: boolean;
  readonly nullable: boolean;
  readonly default: unknown;
  readonly example: unknown;
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  /** The fields of an `object`; for any other type none. */
  readonly fields: readonly Field[];
};

const WORDS: Readonly<Record<string, string>> = {
  id: "ID",
  ids: "IDs",
  url: "URL",
  urls: "URLs",
  ms: "(ms)",
  sha256: "SHA-256",
};

/** `download_url_expires_at` → `Download URL Expires At`. */
export const labelOf = (name: string): string =>
  name
    .split(/[._]/)
    .map((word) => WORDS[word] ?? word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");

export class FieldReader {
  readonly #document: OpenApi;
  readonly #help: Readonly<Record<string, string>>;

  /** `help` has texts for fields that the document does not describe, by the names of their path joined by dots. */
  constructor(document: OpenApi, help: Readonly<Record<string, string>>) {
    this.#document = document;
    this.#help = help;
  }

  /** The schema itself, with a reference followed and null set aside. */
  #resolve(schema: Schema): { readonly schema: Schema; readonly nullable: boolean } {
    if (schema.$ref !== undefined) {
      const found = this.#document.components.schemas[schema.$ref.slice("#/components/schemas/".length)];
      if (found === undefined) throw new Error(`the document has no ${schema.$ref}`);
      const { $ref: _, ...own } = schema;
      return this.#resolve({ ...found, ...own });
    }
    if (schema.anyOf !== undefined) {
      const others = schema.anyOf.filter(({ type }) => type !== "null");
      const [only] = others;
      if (others.length === 1 && only !== undefined) {
        const { anyOf: _, ...own } = schema;
        const inner = this.#resolve({ ...only, ...own });
        return { schema: inner.schema, nullable: others.length < schema.anyOf.length || inner.nullable };
      }
      return { schema, nullable: others.length < schema.anyOf.length };
    }
    if (Array.isArray(schema.type)) {
      const types = schema.type.filter((type: string) => type !== "null");
      return { schema: { ...schema, type: types[0] ?? "null" }, nullable: types.length < schema.type.length };
    }
    return { schema, nullable: false };
  }

  #typeOf(schema: Schema): FieldType {
    const { type, anyOf } = schema;
    if (schema.enum !== undefined) return "choice";
    if (schema.const !== undefined) return typeof schema.const === "boolean" ? "boolean" : "text";
    if (anyOf !== undefined)
      return anyOf.every((one) => ["string", undefined].includes(this.#resolve(one).schema.type as string | undefined))
        ? "text"
        : "any";
    if (type === "string") return schema.format === "date-time" ? "date" : "text";
    if (type === "integer" || type === "number" || type === "boolean") return type;
    if (type === "array") {
      const item = schema.items === undefined ? "any" : this.#typeOf(this.#resolve(schema.items).schema);
      return ["text", "choice", "integer", "number"].includes(item) ? "list" : "any";
    }
    if (type === "object" && schema.properties !== undefined) return "object";
    if (type === "object" && typeof schema.additionalProperties === "object") {
      return this.#typeOf(this.#resolve(schema.additionalProperties).schema) === "text" ? "labels" : "any";
    }
    return "any";
  }

  #field(path: readonly string[], given: Schema, required: boolean): Field {
    const { schema, nullable } = this.#resolve(given);
    const type = this.#typeOf(schema);
    const name = path.at(-1) ?? "";
    return {
      path,
      label: labelOf(name),
      help: schema.description ?? this.#help[path.join(".")] ?? schema.items?.description ?? "",
      type,
      choices: (schema.enum ?? []).map(String),
      required,
      nullable,
      default: schema.default,
      example: schema.example ?? schema.items?.example,
      minimum: schema.minimum,
      maximum: schema.maximum,
      fields: type === "object" ? this.#fields(schema, path) : [],
    };
  }

  #fields(schema: Schema, before: readonly string[]): Field[] {
    return Object.entries(schema.properties ?? {}).map(([name, one]) =>
      this.#field([...before, name], one, schema.required?.includes(name) ?? false),
    );
  }

  /** The fields of a schema of the document, by its name. */
  fieldsOf(name: string): Field[] {
    return this.#fields(this.#resolve({ $ref: `#/components/schemas/${name}` }).schema, []);
  }

  /** The values of an enumeration of the document, by its name. */
  valuesOf(name: string): string[] {
    return (this.#resolve({ $ref: `#/components/schemas/${name}` }).schema.enum ?? []).map(String);
  }

  /** The example of an operation's successful answer. */
  exampleOf(operationId: string): unknown {
    for (const methods of Object.values(this.#document.paths))
      for (const operation of Object.values(methods)) {
        if (operation.operationId !== operationId) continue;
        for (const [status, { content }] of Object.entries(operation.responses)) {
          const example = content?.["application/json"]?.example;
          if (status.startsWith("2") && example !== undefined) return example;
        }
      }
    throw new Error(`the document has no example of an answer of ${operationId}`);
  }

  /** The fields and the example of a hook's body. */
  hookOf(type: string): { readonly fields: readonly Field[]; readonly sample: Readonly<Record<string, unknown>> } {
    const media = this.#document.webhooks[`${type}.flat`]?.post.requestBody?.content["application/json"];
    if (media?.schema === undefined || media.example === undefined) throw new Error(`the document has no hook ${type}`);
    return {
      fields: this.#fields(this.#resolve(media.schema).schema, []),
      sample: media.example as Readonly<Record<string, unknown>>, // the body of a hook is an object
    };
  }
}
