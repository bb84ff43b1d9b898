import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { faultsOf, GZIP_LIMIT_BYTES, readBuild } from "../../scripts/lib/build.ts";
import { accountNames } from "../../scripts/lib/wrangler-toml.ts";

/** As wrangler 4.155 prints it to a pipe. */
const PRINTED = `Total Upload: 1206.58 KiB / gzip: 281.06 KiB
Your Worker has access to the following bindings:
Binding                                          Resource
env.USER (UserObject)                            Durable Object
env.WAKE (nemo-gateway-wake)                     Queue
env.ASSETS                                       Assets
--dry-run: exiting now.`;

describe("readBuild", () => {
  it("reads the compressed size and the bindings", () => {
    expect(readBuild(PRINTED)).toEqual({ gzipBytes: 287_805, bindings: ["USER", "WAKE", "ASSETS"] });
  });

  it("rejects an output without a size", () => {
    expect(() => readBuild("Unexpected error")).toThrow("no size");
  });
});

describe("faultsOf", () => {
  it("returns nothing for a small build with all bindings", () => {
    expect(faultsOf(readBuild(PRINTED), ["USER", "ASSETS"])).toEqual([]);
  });

  it("names each missing binding", () => {
    expect(faultsOf(readBuild(PRINTED), ["USER", "DB"])).toEqual(["binding DB of src/env.ts is not in wrangler.toml"]);
  });

  it("rejects more than the free plan allows", () => {
    expect(faultsOf({ gzipBytes: GZIP_LIMIT_BYTES + 1, bindings: [] }, [])).toHaveLength(1);
  });
});

describe("accountNames", () => {
  it("finds every queue once, dead-letter queues too, the bucket and the database", () => {
    expect(accountNames()).toEqual({
      queues: ["nemo-gateway-wake", "nemo-gateway-deliveries", "nemo-gateway-dead"],
      bucket: "nemo-gateway-media",
      database: "DB",
    });
  });
});

describe("the Worker's configuration", () => {
  it("records no traces, whose spans contain whole URLs, and so links to files", () => {
    const toml = readFileSync("wrangler.toml", "utf8");
    const lines = toml.split("\n").filter((line) => !line.startsWith("#"));
    expect(lines.join("\n")).not.toMatch(/traces|"?head_sampling_rate/);
    expect(toml).toMatch(/^\[observability\.logs\]\ninvocation_logs = false$/m);
  });

  it("keeps all its outgoing requests on the public internet", () => {
    for (const file of ["wrangler.toml", "src/sandbox/wrangler.toml"])
      expect(readFileSync(file, "utf8")).toMatch(/^compatibility_flags = \[.*"global_fetch_strictly_public"/m);
  });
});
