/** The Nemo API as the rest of the house sees it: verbs in our words, refusals as values. `create.ts` makes one. */
import type { Result } from "../core/result.ts";
import type { Judge } from "../core/target.ts";
import type {
  ClaimLink,
  Credits,
  FileToUpload,
  MintedToken,
  NemoState,
  ProjectRef,
  RenderOrder,
  RenderProgress,
  Session,
  UploadedFile,
} from "./domain.ts";
import type { NemoFailure } from "./failures.ts";
import type { Watch } from "./http.ts";
import type { Timeouts } from "./limits.ts";
import type { TurnStream } from "./turn-event.ts";
import type { TurnOrder } from "./turns.ts";

export type Outcome<T> = Promise<Result<T, NemoFailure>>;

export type NemoSettings = {
  /** Scheme and host, with or without a trailing slash. */
  readonly baseUrl: string;
  readonly fetch: (request: Request) => Promise<Response>;
  /** Sent with every call; without them upstream refuses exports of free plans with 402. */
  readonly attribution: { readonly source: string; readonly version: string; readonly platform: string };
  /** How a result's own address is judged, and every one that it redirects to. */
  readonly targets: Judge;
  readonly timeouts?: Partial<Timeouts>;
  /** Looks on, for the log. */
  readonly watch?: Watch;
};

/**
 * Upstream's token management (`/api/tokens`) is left out: one early readme names it, on a development host, without an answer's shape, and
 * nothing here needs it.
 *
 * No verb throws, and none sends a request twice: whether to repeat is decided where the record of the first try
 * is kept.
 */
export type Nemo = {
  /** A new anonymous token. Upstream gives one per client id and ten per address in seven days. */
  mintToken(clientId: string): Outcome<MintedToken>;
  claimLink(token: string, project: ProjectRef): Outcome<ClaimLink>;
  createSession(token: string, options: { readonly name: string; readonly language?: string }): Outcome<Session>;
  /** Sends one message: costs credits. Resolves when the answer's headers are here. */
  openTurn(token: string, turn: TurnOrder): Outcome<TurnStream>;
  /** `isOurs`, asked once the state is here: which of its files were put there from here, by name; they are no part of the fingerprint. */
  readState(token: string, sessionId: string, isOurs?: (name: string) => boolean): Outcome<NemoState>;
  uploadByUrl(token: string, sessionId: string, urls: readonly string[]): Outcome<readonly UploadedFile[]>;
  uploadFile(token: string, sessionId: string, file: FileToUpload): Outcome<readonly UploadedFile[]>;
  readCredits(token: string): Outcome<Credits>;
  submitRender(token: string, order: RenderOrder): Outcome<null>;
  readRender(token: string, renderId: string): Outcome<RenderProgress>;
  cancelRender(token: string, renderId: string): Outcome<null>;
  /** The finished file by upstream's fallback route, body unread. */
  downloadRender(token: string, renderId: string): Outcome<Response>;
  /** The finished file from the address upstream named, body unread. The token is not sent along. */
  fetchResult(url: string): Outcome<Response>;
};
