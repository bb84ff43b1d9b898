/**
 * The commands of `npm run admin`. Every command is one call that `/admin/openapi.json` describes, or its pages. Data goes to
 * standard output, everything else to standard error.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import * as z from "zod";
import { createdInvite, createdKey, invite, key } from "../../src/core/wire/key.ts";
import { gatewayStatus } from "../../src/core/wire/status.ts";
import { auditEntry, createdTenant, tenant, tenantDeletion } from "../../src/core/wire/tenant.ts";
import { type UsageOfTenantWire, usageOfTenant } from "../../src/core/wire/usage.ts";
import { type Api, apiWith, type Call, ResponseError } from "./api.ts";
import { type Flag, parseFlags } from "./flags.ts";
import { adminToken, Exit, gatewayUrl } from "./operator.ts";
import { ROOT } from "./root.ts";
import { fieldsOf, type Row, tableOf } from "./table.ts";

const COMMON = {
  url: { value: "URL", says: "the gateway's address; without it the variable GW" },
  "token-file": {
    value: "FILE",
    says: "the file with the admin token; without it ADMIN_TOKEN_FILE, then .admin-token",
  },
  json: { says: "prints the answer as JSON" },
} as const satisfies Record<string, Flag>;

const CREATION = {
  "idempotency-key": {
    value: "KEY",
    says: "repeats a creation whose answer was lost: the same key creates nothing twice",
  },
} as const satisfies Record<string, Flag>;

/** The given flags of a command, by name. */
type Flags = Readonly<Record<string, string | number | boolean | undefined>>;
type Context = {
  readonly admin: Api;
  readonly words: readonly string[];
  readonly flags: Flags;
  readonly terminal: Terminal;
};

/** What the commands read and write outside the gateway. */
export type Terminal = {
  readonly print: (text: string) => void;
  readonly error: (text: string) => void;
  /** The next line of standard input; empty at its end. */
  readonly readLine: () => Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** What a command prints: JSON as it was answered, or a text for people. */
type Shown = { readonly json: unknown; readonly text: string };

type Command = {
  readonly takes: string;
  /** How many words it takes, and whether it needs the first of them. */
  readonly words: number;
  readonly optional?: boolean;
  readonly says: string;
  readonly flags?: Readonly<Record<string, Flag>>;
  readonly run: (context: Context) => Promise<Shown>;
};

const stringOf = (value: Flags[string]): string | undefined => (typeof value === "string" ? value : undefined);

const PREFIXES = { tenants: "ten", keys: "key", invites: "inv" } as const;

/** The path of a resource. An id is checked here, because it is part of an address. */
function pathOf(collection: keyof typeof PREFIXES, id: string | undefined): string {
  const prefix = PREFIXES[collection];
  if (!new RegExp(`^${prefix}_[0-9a-z]+$`).test(id ?? ""))
    throw new Exit(2, `"${id ?? ""}" is no id of ${collection}: it starts with ${prefix}_`);
  return `/admin/${collection}/${id}`;
}

/** A call that creates something. A lost answer says how to repeat it. */
async function create<T>({ admin, flags }: Context, path: string, schema: z.ZodType<T>, json: unknown): Promise<T> {
  const idempotencyKey = stringOf(flags["idempotency-key"]) ?? randomUUID();
  const call: Call = { method: "POST", json, headers: { "idempotency-key": idempotencyKey } };
  try {
    return await admin.get(path, schema, call);
  } catch (error) {
    if (error instanceof ResponseError && error.status < 500) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new Exit(
      1,
      `${why}\nIt may have been created: run the command again with --idempotency-key ${idempotencyKey}`,
    );
  }
}

/** Every page of a list. */
async function listAll<T>(admin: Api, path: string, item: z.ZodType<T>, limit = 100): Promise<T[]> {
  const page = z.object({ data: z.array(item), has_more: z.boolean(), next_cursor: z.string().nullable() });
  const items: T[] = [];
  const more = path.includes("?") ? "&" : "?";
  for (let after: string | null = ""; after !== null; ) {
    const query: string = `${more}limit=${limit}${after === "" ? "" : `&after=${encodeURIComponent(after)}`}`;
    const answer: z.infer<typeof page> = await admin.get(`${path}${query}`, page);
    items.push(...answer.data);
    after = answer.next_cursor;
  }
  return items;
}

/** Every page of a CSV list as one text, with one heading. */
async function allCsv(admin: Api, path: string): Promise<string> {
  const lines: string[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const answer: Response = await admin.send(next);
    const [heading = "", ...rows] = (await answer.text()).trimEnd().split("\r\n");
    lines.push(...(lines.length === 0 ? [heading] : []), ...rows);
    next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1];
  }
  return lines.join("\r\n");
}

const one = (value: object): Shown => ({ json: value, text: fieldsOf(value) });
const many = <T>(items: readonly T[], row: (item: T) => Row): Shown => ({ json: items, text: tableOf(items.map(row)) });

const tenantRow = ({ id, name, state, tier, created_at }: z.infer<typeof tenant>): Row => ({
  id,
  name,
  state,
  tier,
  created_at,
});

const keyRow = ({ id, name, mode, hint, scopes, last_used_on, expires_at, revoked_at }: z.infer<typeof key>): Row => ({
  id,
  name,
  mode,
  hint,
  scopes: scopes.join(" "),
  last_used_on,
  expires_at,
  revoked_at,
});

const inviteRow = ({ id, label, mode, scopes, state, expires_at, accepted_at }: z.infer<typeof invite>): Row => ({
  id,
  label,
  mode,
  scopes: scopes.join(" "),
  state,
  expires_at,
  accepted_at,
});

const list = (text: string | undefined): string[] | undefined =>
  text === undefined ? undefined : text.split(",").filter((part) => part !== "");

const TENANT_SETTINGS = {
  tier: { value: "TIER", says: "the rate limit: small, medium or large" },
  scopes: { value: "LIST", says: "the scopes that its keys may have, with commas between" },
  origins: { value: "LIST", says: "the web origins that may send its keys, with commas between" },
} as const satisfies Record<string, Flag>;

const settingsOf = (flags: Flags) => ({
  tier: stringOf(flags.tier),
  scopes: list(stringOf(flags.scopes)),
  origins: list(stringOf(flags.origins)),
});

/** `renders_per_day=100 bytes_per_day=default` as the body of a change; `default` resets a quota, `none` removes a cap. */
function limitsOf(words: readonly string[]): Record<string, number | null> {
  return Object.fromEntries(
    words.map((word) => {
      const [, name, value] = /^([a-z_]+)=(\d+(?:\.\d+)?|default|none)$/.exec(word) ?? [];
      if (name === undefined || value === undefined)
        throw new Exit(
          2,
          `"${word}" sets nothing: write NAME=NUMBER; NAME=default resets a quota, NAME=none removes a cap`,
        );
      return [name, value === "default" || value === "none" ? null : Number(value)];
    }),
  );
}

const MODE = { mode: { value: "MODE", says: "live or test" } } as const satisfies Record<string, Flag>;

function modeOf(flags: Flags): "live" | "test" {
  const { mode } = flags;
  if (mode === "live" || mode === "test") return mode;
  throw new Exit(2, "Say which mode: --mode live or --mode test");
}

/** Has the tenant's id typed again. */
async function confirmDeletion(id: string, { error, readLine }: Terminal): Promise<void> {
  error(
    `This deletes the tenant ${id} with its keys, users, files and usage. It cannot be undone.\nType the tenant's id:`,
  );
  const typed = (await readLine()).trim();
  if (typed !== id) throw new Exit(1, `"${typed}" is not ${id}: nothing was deleted.`);
}

function capsShown({ spending_caps: caps }: z.infer<typeof tenant>): Shown {
  const names = Object.keys(caps.live) as (keyof typeof caps.live)[]; // the schema has these keys alone
  return { json: caps, text: tableOf(names.map((cap) => ({ cap, live: caps.live[cap], test: caps.test[cap] }))) };
}

const change = (action: "pause" | "resume", says: string): Command => ({
  takes: "TENANT",
  words: 1,
  says,
  run: async ({ admin, words }) =>
    one(await admin.get(`${pathOf("tenants", words[0])}/${action}`, tenant, { method: "POST" })),
});

const COMMANDS: Readonly<Record<string, Command>> = {
  status: {
    takes: "",
    words: 0,
    says: "each check with its state, and what to do",
    run: async ({ admin }) => {
      const status = await admin.get("/admin/status", gatewayStatus);
      const rows = status.checks.map(({ name, state, value, unit, warn_from, critical_from }) => ({
        check: name,
        state,
        value,
        warn_from,
        critical_from,
        unit,
      }));
      const advice = status.checks.flatMap(({ name, reason, next_step }) =>
        reason === null ? [] : [`\n${name}: ${reason} ${next_step ?? ""}`],
      );
      return { json: status, text: [`${status.state}\n`, tableOf(rows), ...advice].join("\n") };
    },
  },
  metrics: {
    takes: "",
    words: 0,
    says: "the same as Prometheus text",
    run: async ({ admin }) => {
      const text = await (await admin.send("/admin/metrics")).text();
      return { json: text, text: text.trimEnd() };
    },
  },
  "tenants list": {
    takes: "",
    words: 0,
    says: "all tenants, newest first",
    run: async ({ admin }) => many(await listAll(admin, "/admin/tenants", tenant), tenantRow),
  },
  "tenants show": {
    takes: "TENANT",
    words: 1,
    says: "one tenant with its settings",
    run: async ({ admin, words }) => one(await admin.get(pathOf("tenants", words[0]), tenant)),
  },
  "tenants create": {
    takes: "NAME",
    words: 1,
    says: "a new tenant",
    flags: { ...TENANT_SETTINGS, ...CREATION },
    run: async (context) =>
      one(
        await create(context, "/admin/tenants", createdTenant, {
          name: context.words[0],
          ...settingsOf(context.flags),
        }),
      ),
  },
  "tenants update": {
    takes: "TENANT",
    words: 1,
    says: "changes what is given; everything else stays",
    flags: { name: { value: "NAME", says: "its name" }, ...TENANT_SETTINGS },
    run: async ({ admin, words, flags }) =>
      one(
        await admin.get(pathOf("tenants", words[0]), tenant, {
          method: "PATCH",
          json: { name: stringOf(flags.name), ...settingsOf(flags) },
        }),
      ),
  },
  "tenants pause": change("pause", "rejects its keys; waiting work waits"),
  "tenants resume": change("resume", "accepts its keys again"),
  "tenants delete": {
    takes: "TENANT",
    words: 1,
    says: "deletes a tenant; asks for its id again, on standard input",
    run: async ({ admin, words: [id = ""], terminal }) => {
      const path = pathOf("tenants", id);
      await confirmDeletion(id, terminal);
      return one(await admin.get(path, tenantDeletion, { method: "DELETE" }));
    },
  },
  "tenants deletion": {
    takes: "TENANT",
    words: 1,
    says: "the progress of a deletion, at the end its receipt",
    run: async ({ admin, words }) => one(await admin.get(`${pathOf("tenants", words[0])}/deletion`, tenantDeletion)),
  },
  "tenants audit": {
    takes: "TENANT",
    words: 1,
    says: "its audit log, newest first",
    run: async ({ admin, words }) =>
      many(
        await listAll(admin, `${pathOf("tenants", words[0])}/audit_log`, auditEntry),
        ({ happened_at, actor, action, target, request_id }) => ({ happened_at, actor, action, target, request_id }),
      ),
  },
  "keys list": {
    takes: "TENANT",
    words: 1,
    says: "its keys, newest first; never their secrets",
    run: async ({ admin, words }) => many(await listAll(admin, `${pathOf("tenants", words[0])}/keys`, key), keyRow),
  },
  "keys create": {
    takes: "TENANT",
    words: 1,
    says: "a new key; its secret is printed this once",
    flags: {
      ...MODE,
      name: { value: "NAME", says: "the key's name" },
      scopes: { value: "LIST", says: "its scopes, with commas between; without it all" },
      expires: { value: "TIME", says: "when it ends, such as 2027-01-01T00:00:00Z" },
      ...CREATION,
    },
    run: async (context) => {
      const { flags, words } = context;
      const body = {
        mode: modeOf(flags),
        name: stringOf(flags.name),
        scopes: list(stringOf(flags.scopes)),
        expires_at: stringOf(flags.expires),
      };
      return one(await create(context, `${pathOf("tenants", words[0])}/keys`, createdKey, body));
    },
  },
  "keys rotate": {
    takes: "KEY",
    words: 1,
    says: "a successor; its secret is printed this once",
    flags: {
      grace: {
        value: "SECONDS",
        says: "how long the old key stays valid; 0 revokes it at once",
        from: 0,
        to: 2_592_000,
      },
      ...CREATION,
    },
    run: async (context) => {
      const body = { grace_seconds: context.flags.grace };
      return one(await create(context, `${pathOf("keys", context.words[0])}/rotate`, createdKey, body));
    },
  },
  "keys revoke": {
    takes: "KEY",
    words: 1,
    says: "ends a key at once",
    run: async ({ admin, words }) =>
      one(await admin.get(`${pathOf("keys", words[0])}/revoke`, key, { method: "POST" })),
  },
  "invites list": {
    takes: "TENANT",
    words: 1,
    says: "its invites to the console, newest first; never their links",
    run: async ({ admin, words }) =>
      many(await listAll(admin, `${pathOf("tenants", words[0])}/invites`, invite), inviteRow),
  },
  "invites create": {
    takes: "TENANT",
    words: 1,
    says: "a link that signs one person in to the console, once; it is printed this once",
    flags: {
      ...MODE,
      label: { value: "NAME", says: "whom it is for" },
      scopes: { value: "LIST", says: "the scopes of the session, with commas between; without it all" },
      hours: { value: "HOURS", says: "how long the link can be used; without it 72", from: 1, to: 168 },
      ...CREATION,
    },
    run: async (context) => {
      const { flags, words } = context;
      if (flags.label === undefined) throw new Exit(2, "Say whom it is for: --label ada@example.com, for example");
      const body = {
        mode: modeOf(flags),
        label: stringOf(flags.label),
        scopes: list(stringOf(flags.scopes)),
        expires_in_seconds: typeof flags.hours === "number" ? flags.hours * 3600 : undefined,
      };
      return one(await create(context, `${pathOf("tenants", words[0])}/invites`, createdInvite, body));
    },
  },
  "invites revoke": {
    takes: "INVITE",
    words: 1,
    says: "ends an invite and the session that it opened; keys made in it stay",
    run: async ({ admin, words }) => one(await admin.get(pathOf("invites", words[0]), invite, { method: "DELETE" })),
  },
  usage: {
    takes: "[TENANT]",
    words: 1,
    optional: true,
    says: "what all tenants used, or one; every page",
    flags: {
      mode: { value: "MODE", says: "live or test; without it both" },
      from: { value: "DAY", says: "the first day, such as 2026-11-01; without it the last 30 days" },
      to: { value: "DAY", says: "the last day" },
      month: { value: "MONTH", says: "a calendar month, such as 2026-11" },
      sum: { says: "one row for each tenant and mode instead of one for each day" },
      csv: { says: "prints CSV: tenant, mode, day, kind, amount" },
    },
    run: async ({ admin, words, flags }) => {
      const query = new URLSearchParams({ by: flags.sum === true ? "tenant" : "day" });
      for (const name of ["mode", "from", "to", "month"] as const)
        if (typeof flags[name] === "string") query.set(name, flags[name]);
      if (words[0] !== undefined) query.set("tenant", pathOf("tenants", words[0]).slice("/admin/tenants/".length));
      if (flags.csv === true)
        return { json: null, text: await allCsv(admin, `/admin/usage?${query}&limit=50&format=csv`) };
      const rows = await listAll(admin, `/admin/usage?${query}`, usageOfTenant, 50);
      return { json: rows, text: tableOf(usageRows(rows)) };
    },
  },
  "caps show": {
    takes: "TENANT",
    words: 1,
    says: "its spending caps, in credits for each calendar month",
    run: async ({ admin, words }) => capsShown(await admin.get(pathOf("tenants", words[0]), tenant)),
  },
  "caps set": {
    takes: "TENANT NAME=CREDITS…",
    words: Number.POSITIVE_INFINITY,
    says: "sets tenant_soft, tenant_hard, user_soft or user_hard of one mode; NAME=none removes one",
    flags: MODE,
    run: async ({ admin, words: [id, ...caps], flags }) => {
      if (caps.length === 0) throw new Exit(2, "Say what to set: tenant_hard=1000, for example");
      const json = { spending_caps: { [modeOf(flags)]: limitsOf(caps) } };
      return capsShown(await admin.get(pathOf("tenants", id), tenant, { method: "PATCH", json }));
    },
  },
  "quotas show": {
    takes: "TENANT",
    words: 1,
    says: "its quotas in both modes",
    run: async ({ admin, words }) => {
      const { quotas } = await admin.get(pathOf("tenants", words[0]), tenant);
      const names = Object.keys(quotas.live) as (keyof typeof quotas.live)[]; // the schema has these keys alone
      return {
        json: quotas,
        text: tableOf(names.map((name) => ({ quota: name, live: quotas.live[name], test: quotas.test[name] }))),
      };
    },
  },
  "quotas set": {
    takes: "TENANT NAME=NUMBER…",
    words: Number.POSITIVE_INFINITY,
    says: "sets quotas of one mode; NAME=default resets one",
    flags: MODE,
    run: async ({ admin, words: [id, ...limits], flags }) => {
      if (limits.length === 0) throw new Exit(2, "Say what to set: renders_per_day=100, for example");
      const json = { quotas: { [modeOf(flags)]: limitsOf(limits) } };
      return one((await admin.get(pathOf("tenants", id), tenant, { method: "PATCH", json })).quotas);
    },
  },
};

/** One page of usage as the command needs it: the rows, and where the next page starts. */
const usageRows = (rows: readonly UsageOfTenantWire[]): Row[] =>
  rows.map(({ tenant: id, mode, day, turns, credits, renders, upload_bytes, render_bytes }) => ({
    tenant: id,
    mode,
    ...(day === null ? {} : { day }),
    turns: turns.completed + turns.failed + turns.unknown,
    measured: credits.measured,
    estimated: credits.estimated,
    unknown_turns: credits.unknown_turns,
    renders: renders.completed,
    upload_bytes,
    render_bytes,
  }));

const SAYS = "Calls the operator's routes of a gateway.";

function help(): string {
  const rows = Object.entries(COMMANDS).map(([name, { takes, says }]) => [`${name} ${takes}`.trim(), says] as const);
  const flags = Object.entries(COMMON).map(
    ([name, flag]) => [`--${name}${"value" in flag ? ` ${flag.value}` : ""}`, flag.says] as const,
  );
  const width = Math.max(...rows.map(([left]) => left.length));
  const shown = (lines: readonly (readonly [string, string])[]): string =>
    lines.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
  return `${SAYS}\n\n  npm run admin -- COMMAND [flags]\n\n${shown(rows)}\n\nFlags of all commands; a command with --help prints its own:\n\n${shown([...flags, ["--help", "prints this"]])}`;
}

/** The command that the arguments begin with, and the arguments after its name. */
function commandOf(args: readonly string[]): { name: string; command: Command; rest: readonly string[] } {
  for (const length of [2, 1]) {
    const name = args.slice(0, length).join(" ");
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command !== undefined) return { name, command, rest: args.slice(length) };
  }
  throw new Exit(2, `There is no command "${args.slice(0, 2).join(" ")}".\n\n${help()}`);
}

async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  if (args.length === 0 || args[0] === "--help" || args[0] === "-h") {
    terminal.print(help());
    return args.length === 0 ? 2 : 0;
  }
  const { name, command, rest } = commandOf(args);
  const words = { name: command.takes, says: "what the command is about", most: command.words };
  const usage = {
    command: `npm run admin -- ${name}`,
    says: `${command.says.charAt(0).toUpperCase()}${command.says.slice(1)}.`,
    flags: { ...command.flags, ...COMMON },
    ...(command.words > 0 ? { words } : {}),
  };
  const given = parseFlags(usage, rest);
  if (!("flags" in given)) {
    (given.code === 0 ? terminal.print : terminal.error)(given.print);
    return given.code;
  }
  const flags: Flags = given.flags;
  if (given.words.length < Math.min(command.words, 1) && command.optional !== true)
    throw new Exit(2, `${name} needs ${command.takes}`);
  const file = stringOf(flags["token-file"]) ?? terminal.env.ADMIN_TOKEN_FILE ?? join(ROOT, ".admin-token");
  const admin = apiWith(gatewayUrl(stringOf(flags.url) ?? terminal.env.GW), adminToken(file));
  const shown = await command.run({ admin, words: given.words, flags, terminal });
  terminal.print(flags.json === true ? JSON.stringify(shown.json, null, 2) : shown.text);
  return 0;
}

/** The exit code and text of a failure. The token is in no text: it is only ever sent. */
function failureOf(error: unknown): { readonly code: number; readonly text: string } {
  if (error instanceof Exit) return { code: error.code, text: error.message };
  if (error instanceof ResponseError)
    return { code: ["unauthenticated", "admin_closed"].includes(error.code) ? 3 : 1, text: error.message };
  if (error instanceof z.ZodError)
    return { code: 1, text: "The gateway's answer has another form: use the checkout of its version." };
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return { code: 1, text: `${error instanceof Error ? error.message : String(error)}${cause}` };
}

/** Runs one command. Returns the exit code: 0 done, 1 failed, 2 wrong usage, 3 no valid admin token. */
export async function runAdmin(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await run(args, terminal);
  } catch (error) {
    const { code, text } = failureOf(error);
    terminal.error(text);
    return code;
  }
}
