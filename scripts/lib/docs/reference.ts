/** The API reference as Markdown, from the OpenAPI document: a page for each of its sections, one of objects, one of events. */

type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly example?: unknown;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
};
type Media = { readonly schema?: Schema; readonly example?: unknown };
type Parameter = {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
};
type Answer = {
  readonly $ref?: string;
  readonly description?: string;
  readonly content?: Readonly<Record<string, Media>>;
};
type Operation = {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly "x-scope"?: string;
  readonly "x-credentials"?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Answer>>;
};
export type OpenApi = {
  readonly info: { readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly parameters: Readonly<Record<string, Parameter>>;
  };
};

export type ReferencePage = { readonly path: string; readonly title: string; readonly markdown: string };

const slugOf = (name: string): string => name.toLowerCase().replaceAll(" ", "-");
const fence = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\`\n`;
const json = (value: unknown): string => fence("json", JSON.stringify(value, null, 2));
/** Text inside a table's cell. */
const cell = (text: string): string => text.replaceAll("|", "\\|").replace(/\s*\n\s*/g, " ");
const nameOf = (ref: string): string => ref.split("/").at(-1) ?? "";

/** Values of an enumeration that are listed where it is used; a longer one is linked. */
const LISTED_VALUES = 12;

const OBJECTS = "/docs/reference/objects";
/** Bodies of events, which have a page of their own. */
const isEventBody = (name: string): boolean => /(?:Webhook|HookBody)$/.test(name);

/** All pages of the reference, in order. The first is the overview. */
export function referencePages(document: OpenApi): ReferencePage[] {
  const { tags, components, webhooks } = document;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );

  /** The type of a value in words, with a link to an object that has a table of its own. */
  const typeOf = (schema: Schema): string => {
    if (schema.$ref !== undefined) {
      const name = nameOf(schema.$ref);
      const target = components.schemas[name] ?? {};
      const items = name.endsWith("Page") ? target.properties?.data?.items : undefined;
      if (items !== undefined) return `page of ${typeOf(items)}`;
      const values = target.enum ?? [];
      if (values.length > 0 && values.length <= LISTED_VALUES) return typeOf(target);
      return isEventBody(name) ? name : `[${name}](${OBJECTS}#${name})`;
    }
    const branches = schema.anyOf ?? schema.oneOf ?? schema.allOf;
    if (branches !== undefined) return [...new Set(branches.map(typeOf))].join(" or ");
    if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(", ");
    if (schema.const !== undefined) return `\`${String(schema.const)}\``;
    if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(" or ");
    if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
    if (schema.type === "string") return { uri: "URL", "date-time": "time" }[schema.format ?? ""] ?? "string";
    return typeof schema.type === "string" ? schema.type : "any value";
  };

  const limitsOf = (schema: Schema): string => {
    const limits = [
      schema.minimum === undefined || schema.minimum <= Number.MIN_SAFE_INTEGER ? "" : `at least ${schema.minimum}`,
      schema.maximum === undefined || schema.maximum >= Number.MAX_SAFE_INTEGER ? "" : `at most ${schema.maximum}`,
      schema.maxLength === undefined ? "" : `at most ${schema.maxLength} characters`,
      schema.maxItems === undefined ? "" : `at most ${schema.maxItems} items`,
      schema.default === undefined ? "" : `default \`${JSON.stringify(schema.default)}\``,
    ].filter((limit) => limit !== "");
    return limits.length === 0 ? "" : ` ${limits.join(", ").replace(/^[a-z]/, (letter) => letter.toUpperCase())}.`;
  };

  const resolved = (schema: Schema): Schema =>
    schema.$ref === undefined ? schema : (components.schemas[nameOf(schema.$ref)] ?? {});

  const row = (name: string, schema: Schema, required: boolean, description = schema.description): string => {
    const says = description ?? resolved(schema).description ?? "";
    return `| \`${name}\`${required ? " (required)" : ""} | ${cell(typeOf(schema))} | ${cell(`${says}${limitsOf(schema)}`.trim())} |`;
  };

  /** A table of an object's fields; empty for what has none. */
  const fieldsOf = (schema: Schema, showsRequired: boolean): string => {
    const { properties = {}, required = [] } = resolved(schema);
    const rows = Object.entries(properties).map(([name, field]) =>
      row(name, field, showsRequired && required.includes(name)),
    );
    return rows.length === 0 ? "" : `| field | type | meaning |\n|---|---|---|\n${rows.join("\n")}\n`;
  };

  const parametersOf = ({ parameters = [] }: Operation): string => {
    const rows = parameters.map((given) => {
      const one = given.$ref === undefined ? given : (components.parameters[nameOf(given.$ref)] ?? given);
      const { description: _, ...schema } = one.schema;
      return row(one.in === "query" ? `?${one.name}` : one.name, schema, one.required === true, one.description);
    });
    return rows.length === 0 ? "" : `| parameter | type | meaning |\n|---|---|---|\n${rows.join("\n")}\n`;
  };

  const answersOf = ({ responses }: Operation): string => {
    const known = Object.entries(responses).filter(([, { $ref }]) => $ref === undefined);
    const lines = known.map(([status, { description = "", content = {} }]) => {
      const types = Object.entries(content)
        .slice(0, 2)
        .map(([type, { schema }]) => {
          const shape = schema === undefined || type.startsWith("video/") ? "" : typeOf(schema);
          return shape === "" || shape === "string" || shape === "any value" ? `\`${type}\`` : shape;
        });
      return `- \`${status}\` ${description}${types.length === 0 ? "" : ` (${types.join("; ")})`}`;
    });
    const examples = known.flatMap(([, { content = {} }]) => {
      const example = content["application/json"]?.example;
      return example === undefined ? [] : [json(example)];
    });
    return `${lines.join("\n")}\n- [Errors](/docs/errors) are problem documents\n\n${examples.join("\n")}`;
  };

  const accessOf = (operation: Operation): string => {
    const scope = operation["x-scope"] ?? "any";
    if (scope === "public") return "No credential is needed.";
    const who = operation["x-credentials"] === "key_or_user_token" ? "An API key or a user token" : "An API key";
    const needs = scope
      .replace("_or_ticket", "")
      .split("_or_")
      .map((one) => `\`${one}\``)
      .join(" or ");
    const ticket = scope.endsWith("_or_ticket") ? ", or a stream ticket in the address" : "";
    return `${who}${scope === "any" ? "" : ` with the scope ${needs}`}${ticket}.`;
  };

  const curlOf = (method: string, path: string, operation: Operation): string => {
    const example = operation.requestBody?.content["application/json"]?.example;
    const given = path.replace(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`);
    const at = path.startsWith("/v1/") ? `"$NGW${given.slice("/v1".length)}"` : `"https://gateway.example${given}"`;
    const verb =
      method === "GET" || (method === "POST" && example !== undefined)
        ? ""
        : method === "HEAD"
          ? " -I"
          : ` -X ${method}`;
    const body = example === undefined ? "" : ` \\\n  -d '${JSON.stringify(example).replaceAll("'", "'\\''")}'`;
    return fence("sh", `curl -u "$KEY:"${verb} ${at}${body}`);
  };

  const operationOf = ({ method, path, operation }: (typeof operations)[number]): string => {
    const body = operation.requestBody?.content["application/json"]?.schema;
    const others = Object.keys(operation.requestBody?.content ?? {}).filter((type) => type !== "application/json");
    const fields = body === undefined ? "" : fieldsOf(body, true);
    return [
      `## ${operation.summary} {#${operation.operationId}}\n`,
      fence("http", `${method} ${path}`),
      `${operation.description ?? ""}\n`,
      `${accessOf(operation)}\n`,
      parametersOf(operation),
      fields === "" ? "" : `**Body**, as JSON:\n\n${fields}`,
      others.length === 0 ? "" : `Also accepted: ${others.map((type) => `\`${type}\``).join(", ")}.\n`,
      curlOf(method, path, operation),
      "**Answer**\n",
      answersOf(operation),
    ]
      .filter((part) => part !== "")
      .join("\n");
  };

  // A HEAD has the headers of its GET; it is described there alone.
  const shown = operations.filter(({ method, path }) => method !== "HEAD" || document.paths[path]?.get === undefined);
  const sections = tags.map(({ name, description }) => {
    const own = shown.filter(({ operation }) => operation.tags.includes(name));
    const path = `reference/${slugOf(name)}`;
    const list = own.map(
      (one) => `- [${one.operation.summary}](/docs/${path}#${one.operation.operationId}) \`${one.method} ${one.path}\``,
    );
    const markdown = `# ${name}\n\n${description}\n\n${own.map(operationOf).join("\n")}`;
    return { path, title: name, markdown, list: `## ${name}\n\n${description}\n\n${list.join("\n")}\n` };
  });

  const objects = Object.entries(components.schemas)
    .filter(([name]) => !isEventBody(name) && !name.endsWith("Page"))
    .map(([name, schema]) => {
      const fields = fieldsOf(schema, false);
      const { description: _, ...rest } = schema;
      const content = fields === "" ? `${typeOf(rest)}.${limitsOf(rest)}\n` : fields;
      return `## ${name} {#${name}}\n\n${schema.description === undefined ? "" : `${schema.description}\n\n`}${content}`;
    });

  const events = Object.entries(webhooks)
    .filter(([name]) => !name.endsWith(".flat"))
    .map(([name, nested]) => {
      const exampleOf = (one: Readonly<Record<string, Operation>> | undefined): string =>
        json(one?.post?.requestBody?.content["application/json"]?.example);
      return `## ${name} {#${name}}\n\nTo webhook endpoints and callbacks:\n\n${exampleOf(nested)}\nTo hooks:\n\n${exampleOf(webhooks[`${name}.flat`])}`;
    });

  const more = [
    {
      path: "reference/events",
      title: "Events",
      markdown: `# Events\n\nEvery type of event, as it is sent to webhook endpoints and callbacks (nested) and to hooks (flat). [Webhooks](/docs/webhooks) says how they are delivered and verified.\n\n${events.join("\n")}`,
    },
    {
      path: "reference/objects",
      title: "Objects",
      markdown: `# Objects\n\nThe fields of everything that the API takes and answers. Times are RFC 3339 in UTC; durations and sizes have their unit in the name.\n\n${objects.join("\n")}`,
    },
  ];
  const overview = `# API reference\n\n${document.info.description}\n\nThe [OpenAPI document](/openapi.json) has all of it for programs, and the [explorer](/docs/explorer) sends requests from your browser. The commands use \`KEY\` and \`NGW\`:\n\n${fence("sh", "export NGW=https://gateway.example/v1\nexport KEY=ngw_test_...")}\n${sections.map(({ list }) => list).join("\n")}\n## Events and objects\n\n- [Events](/docs/reference/events): the body of every webhook\n- [Objects](/docs/reference/objects): all fields\n`;
  return [{ path: "reference", title: "API reference", markdown: overview }, ...sections, ...more];
}
