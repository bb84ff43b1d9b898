import { describe, expect, it, vi } from "vitest";
import type { Call, UserRpc } from "../../src/core/rpc/user.ts";
import type { Env } from "../../src/env.ts";
import { READS, userObject } from "../../src/http/objects.ts";

const address = { tenant: "ten_1", mode: "test", uh: "0123456789abcdef", grant: null } as const;
const fault = (given: object) => Object.assign(new Error("platform"), given);

/** An environment whose user object runs `method`. */
const envWith = (method: () => Promise<unknown>): Env =>
  ({ USER: { getByName: () => new Proxy({}, { get: () => method }) } }) as unknown as Env; // only what is called

const call: Call = { origin: "https://a.example", named: true, idempotency: null };
const read = (env: Env) => userObject(env, address).readProject("prj_1");
const write = (env: Env) => userObject(env, address).createProject(call, { name: "p", metadata: {} });

/** Every method of a user's object, and whether asking twice is asking once. */
const IS_READ: Record<keyof UserRpc, boolean> = {
  checkVideo: true,
  readVideo: true,
  listVideos: true,
  watchVideo: true,
  readVideoEvents: true,
  awaitVideo: true,
  readVideoFile: true,
  removeAsset: false,
  readGeneratorJob: true,
  readBatch: true,
  listBatches: true,
  listBatchItems: true,
  checkUserToken: true,
  readName: true,
  readUser: true,
  readProject: true,
  listProjects: true,
  readTimeline: true,
  readTurn: true,
  listTurns: true,
  watchTurn: true,
  readTurnEvents: true,
  awaitTurn: true,
  listUploads: true,
  readAsset: true,
  readShownAsset: true,
  listAssets: true,
  readRender: true,
  planRender: true,
  listRenders: true,
  renderFile: true,
  readCredits: true,
  readToken: true,
  startVideo: false,
  continueVideo: false,
  cancelVideo: false,
  removeVideo: false,
  shareVideo: false,
  startGeneratorJob: false,
  startBatch: false,
  changeBatch: false,
  callWithToken: false,
  openSession: false,
  signOut: false,
  eraseUser: false,
  createProject: false,
  changeProject: false,
  removeProject: false,
  makeBrowserLink: false,
  startTurn: false,
  cancelTurn: false,
  makeTicket: false,
  admitUpload: false,
  noteUpload: false,
  addAsset: false,
  attachAsset: false,
  startRender: false,
  cancelRender: false,
  shareRender: false,
  putToken: false,
  removeToken: false,
  wake: false,
  mayWork: false,
  repairName: false,
};

describe("a call to an object", () => {
  it("is known for a read by its name, for every method there is", () => {
    const named = Object.keys(IS_READ).map((name) => [name, READS.test(name)]);
    expect(Object.fromEntries(named)).toEqual(IS_READ);
  });

  it("is repeated once when it is a read and the platform says so", async () => {
    const method = vi
      .fn()
      .mockRejectedValueOnce(fault({ retryable: true }))
      .mockResolvedValueOnce("read");
    expect(await read(envWith(method))).toBe("read");
  });

  it("is repeated once when it is a read and the instance ended under it: the next one knows the answer", async () => {
    const reads = {
      readProject: (env: Env) => userObject(env, address).readProject("prj_1"),
      listProjects: (env: Env) => userObject(env, address).listProjects({ limit: 1, after: null }),
      readTurnEvents: (env: Env) => userObject(env, address).readTurnEvents("trn_1", 0, 1, 0),
      watchTurn: (env: Env) => userObject(env, address).watchTurn("trn_1", 0),
      watchVideo: (env: Env) => userObject(env, address).watchVideo("vid_1", 0),
      awaitTurn: (env: Env) => userObject(env, address).awaitTurn("trn_1", 0),
      awaitVideo: (env: Env) => userObject(env, address).awaitVideo("vid_1", 0),
    };
    for (const [name, ask] of Object.entries(reads)) {
      const method = vi
        .fn()
        .mockRejectedValueOnce(fault({ durableObjectReset: true }))
        .mockResolvedValueOnce("not found");
      expect(await ask(envWith(method)), name).toBe("not found");
    }
  });

  it.each(["retryable", "durableObjectReset"])("is not repeated when it writes: %s", async (kind) => {
    const method = vi.fn().mockRejectedValue(fault({ [kind]: true }));
    await expect(write(envWith(method))).rejects.toMatchObject({ problem: { code: "unavailable" } });
    expect(method).toHaveBeenCalledTimes(1);
  });

  it("is not repeated when the object is overloaded", async () => {
    const method = vi.fn().mockRejectedValue(fault({ retryable: true, overloaded: true }));
    await expect(read(envWith(method))).rejects.toMatchObject({
      problem: { code: "unavailable", retryAfterSeconds: 1 },
    });
    expect(method).toHaveBeenCalledTimes(1);
  });

  it("answers unavailable when the object was reset, and passes a bug as it is", async () => {
    await expect(read(envWith(() => Promise.reject(fault({ durableObjectReset: true }))))).rejects.toMatchObject({
      problem: { code: "unavailable" },
    });
    await expect(read(envWith(() => Promise.reject(new TypeError("bug"))))).rejects.toThrow("bug");
  });
});
