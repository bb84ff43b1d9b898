/**
 * The packages in integrations/, without the tools of n8n, Zapier and Make: what they call exists in the OpenAPI document, what they
 * name exists in the folder, and the Make app refers only to what it declares.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { beforeAll, describe, expect, it } from "vitest";
import { isSigned } from "../../integrations/n8n/nodes/shared/signature.ts";
import { buildDocuments } from "../../scripts/lib/openapi.ts";
import { ROOT } from "../../scripts/lib/root.ts";

const FOLDER = join(ROOT, "integrations");
const read = (path: string): string => readFileSync(join(FOLDER, path), "utf8");
const json = (path: string): unknown => JSON.parse(read(path));

type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
let paths: Document["paths"];
/** The paths of the document as patterns in which any segment stands for a parameter. */
let known: { readonly path: string; readonly pattern: RegExp; readonly methods: readonly string[] }[];

beforeAll(async () => {
  paths = ((await buildDocuments("https://gateway.example")).open as Document).paths;
  known = Object.entries(paths).map(([path, methods]) => ({
    path,
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
    methods: Object.keys(methods),
  }));
});

const methodsOf = (path: string): readonly string[] =>
  known.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods);

describe("each package", () => {
  it.each(["n8n", "zapier", "make"])("%s has a README, a changelog, a licence and two icons", (name) => {
    const files = ["README.md", "CHANGELOG.md", "LICENSE", "icons/nemo-gateway.svg", "icons/nemo-gateway.dark.svg"];
    expect(files.filter((file) => !existsSync(join(FOLDER, name, file)))).toEqual([]);
  });

  it.each(["n8n", "zapier"])("%s has its version in the changelog, exact versions, and a lock file", (name) => {
    const {
      version,
      dependencies = {},
      devDependencies = {},
    } = json(`${name}/package.json`) as {
      version: string;
      dependencies?: Record<string, string>;
      devDependencies?: Record<string, string>;
    };
    expect(read(`${name}/CHANGELOG.md`)).toContain(`\n## ${version}\n`);
    const versions = Object.values({ ...dependencies, ...devDependencies });
    expect(versions.filter((one) => !/^\d+\.\d+\.\d+$/.test(one))).toEqual([]);
    const lock = json(`${name}/package-lock.json`) as { packages: Record<string, { devDependencies?: object }> };
    expect(lock.packages[""]?.devDependencies).toEqual(devDependencies);
  });

  it.each(["n8n/{credentials,nodes}/**/*.ts", "zapier/src/**/*.ts"])(
    "%s asks only for paths of the document",
    (files) => {
      const sources = globSync(files, { cwd: FOLDER }).filter((path) => !/\.(gen|test)\.ts$/.test(path));
      expect(sources.length).toBeGreaterThan(5);
      const asked = sources.flatMap((path) =>
        [...read(path).matchAll(/["'`](\/v1\/[^"'`\s]*)["'`]/g)].map(([, found = ""]) =>
          found.replaceAll(/\$\{.*?\}+\)?\}?/g, "x"),
        ),
      );
      expect(asked.length).toBeGreaterThan(5);
      // A prefix is completed by an id in code.
      expect(asked.filter((path) => methodsOf(path).length === 0 && methodsOf(`${path}/x`).length === 0)).toEqual([]);
    },
  );
});

describe("the n8n package", () => {
  it("names sources and icons that exist, and has no dependency at run time", () => {
    const { n8n, files, ...rest } = json("n8n/package.json") as {
      n8n: { nodes: string[]; credentials: string[] };
      files: string[];
      dependencies?: object;
    };
    const built = [...n8n.nodes, ...n8n.credentials];
    const sources = built.map((path) => path.replace(/^dist\//, "n8n/").replace(/\.js$/, ".ts"));
    expect(sources.filter((path) => !existsSync(join(FOLDER, path)))).toEqual([]);
    expect(sources.toSorted()).toEqual(
      globSync("n8n/{nodes,credentials}/**/*.{node,credentials}.ts", { cwd: FOLDER }).toSorted(),
    );
    for (const path of sources)
      for (const [, icon = ""] of read(path).matchAll(/file:([\w./-]+\.svg)/g))
        expect(existsSync(join(FOLDER, path, "..", icon)), `${path}: ${icon}`).toBe(true);
    expect(files).toEqual(["dist"]);
    expect(rest.dependencies).toBeUndefined();
  });
});

describe("the n8n trigger", () => {
  const secret = `whsec_${Buffer.from("a secret of at least 24 bytes").toString("base64")}`;
  const body = JSON.stringify({ type: "video.completed", message: "fertig — ü" });
  const at = new Date("2026-11-21T10:00:00Z");
  const seconds = at.getTime() / 1000;
  const headers = {
    "webhook-id": "evt_1",
    "webhook-timestamp": String(seconds),
    "webhook-signature": `v1a,AAAA v1,AAAA ${new Webhook(secret).sign("evt_1", at, body)}`,
  };
  const bytes = Buffer.from(body);

  it("accepts what a Standard Webhooks library signed, among other signatures", () => {
    expect(isSigned(secret, headers, bytes, seconds)).toBe(true);
    expect(isSigned(` ${secret}\n`, headers, bytes, seconds + 299)).toBe(true);
  });

  it("rejects another body, id, time, secret, an old message, and one without a signature", () => {
    const { "webhook-signature": _, ...unsigned } = headers;
    expect([
      isSigned(secret, headers, Buffer.from(`${body} `), seconds),
      isSigned(secret, { ...headers, "webhook-id": "evt_2" }, bytes, seconds),
      isSigned(secret, { ...headers, "webhook-timestamp": String(seconds + 1) }, bytes, seconds),
      isSigned("whsec_AAAA", headers, bytes, seconds),
      isSigned(secret, headers, bytes, seconds + 301),
      isSigned(secret, headers, bytes, seconds - 301),
      isSigned(secret, { ...headers, "webhook-signature": "v1,%%% v1a v1," }, bytes, seconds),
      isSigned(secret, unsigned, bytes, seconds),
      isSigned(secret, {}, Buffer.alloc(0), seconds),
    ]).toEqual(Array(9).fill(false));
  });
});

describe("the Make app", () => {
  type Component = {
    readonly codeFiles: Readonly<Record<string, string>>;
    readonly connection?: string;
    readonly webhook?: string;
    readonly moduleType?: string;
  };
  type App = {
    readonly generalCodeFiles: Readonly<Record<string, string>>;
    readonly components: Readonly<Record<string, Readonly<Record<string, Component>>>>;
  };
  type Request = { readonly url?: string; readonly method?: string; readonly body?: unknown };
  const app = json("make/makecomapp.json") as App;
  const code = (component: Component, name: string): unknown =>
    component.codeFiles[name] === undefined ? undefined : json(`make/${component.codeFiles[name]}`);
  const all = Object.entries(app.components).flatMap(([kind, components]) =>
    Object.entries(components).map(([name, component]) => ({ kind, name, component })),
  );

  /** The names of the parameters of a form, with those of its nested ones. */
  const namesOf = (parameters: unknown): string[] =>
    (Array.isArray(parameters) ? parameters : []).flatMap((one) =>
      typeof one === "object" && one !== null ? [String((one as { name: string }).name)] : [],
    );

  it("has every file that it names, and names every file that it has", () => {
    const named = [
      ...Object.values(app.generalCodeFiles),
      ...all.flatMap(({ component }) => Object.values(component.codeFiles)),
    ];
    const found = globSync("make/{general,connections,webhooks,modules,rpcs}/**/*.json", { cwd: FOLDER });
    expect([...named, "makecomapp.json"].filter((path) => !existsSync(join(FOLDER, "make", path)))).toEqual([]);
    expect(found.map((path) => path.slice("make/".length)).filter((path) => !named.includes(path))).toEqual([]);
  });

  it("refers to connections, webhooks and RPCs that it has", () => {
    for (const { kind, name, component } of all) {
      if (kind !== "connection") expect(app.components.connection, name).toHaveProperty(component.connection ?? "none");
      if (component.moduleType === "instant_trigger")
        expect(app.components.webhook, name).toHaveProperty(component.webhook ?? "none");
      const texts = Object.values(component.codeFiles).map((path) => read(`make/${path}`));
      for (const text of texts)
        for (const [, rpc = ""] of text.matchAll(/rpc:\/\/(\w+)/g))
          expect(app.components.rpc, name).toHaveProperty(rpc);
    }
    const groups = json("make/modules/groups.json") as { modules: string[] }[];
    expect(groups.flatMap(({ modules }) => modules).toSorted()).toEqual(
      Object.keys(app.components.module ?? {}).toSorted(),
    );
  });

  it("uses only parameters that the module's form has, and every one of them", () => {
    for (const { kind, name, component } of all) {
      if (kind !== "module" || component.moduleType === "instant_trigger") continue;
      const text = JSON.stringify(code(component, "communication"));
      const used = [...text.matchAll(/parameters\.(\w+)/g)].map(([, one = ""]) => one);
      expect([...new Set(used)].toSorted(), name).toEqual(namesOf(code(component, "mappableParams")).toSorted());
    }
  });

  it("sends every request to an operation of the document", () => {
    const requests = all.flatMap(({ name, component }) =>
      ["communication", "attach", "detach"].flatMap((one) => {
        const request = code(component, one) as Request | undefined;
        return request?.url === undefined ? [] : [{ name: `${name}.${one}`, ...request }];
      }),
    );
    expect(requests.length).toBeGreaterThan(20);
    for (const { name, url = "", method = "" } of requests) {
      if (name === "makeApiCall.communication") continue; // its user chooses both
      const path = `/v1${url.replace("{{parameters.baseUrl}}/v1", "")}`.replaceAll(/\{\{.*?\}\}/g, "x");
      expect(methodsOf(path), `${name}: ${method} ${path}`).toContain(method.toLowerCase());
    }
  });

  it("hides the key in Make's logs", () => {
    for (const path of ["general/base.iml.json", "connections/nemo-gateway/nemo-gateway.communication.iml.json"])
      expect(json(`make/${path}`)).toMatchObject({ log: { sanitize: ["request.headers.authorization"] } });
  });
});
