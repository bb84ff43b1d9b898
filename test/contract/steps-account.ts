/** Tokens, balances, sessions: what costs nothing. */
import { claim, failure, needed, Skipped, value } from "./check.ts";
import { follow, type Step, type Story } from "./story.ts";
import type { Target } from "./target.ts";

const DECIMAL_ID = /^\d+$/;

async function issue(target: Target): Promise<string> {
  const issued = value(await target.nemo.issueToken(`contract-${target.unique()}`));
  claim(issued.token.startsWith("nmv_usr_"), "a token starts with nmv_usr_");
  claim(issued.expiresAt === null || issued.expiresAt > 0, "an expiry is a moment");
  return issued.token;
}

async function session(target: Target, token: string, language?: string): Promise<NonNullable<Story["clip"]>> {
  const made = value(
    await target.nemo.createSession(token, { name: "contract", ...(language === undefined ? {} : { language }) }),
  );
  claim(made.sessionId !== "" && made.taskId !== "", "a session has ids");
  return made;
}

/** A token of the right form that was never issued. */
const STRANGER = `nmv_usr_${"contract0".repeat(5).slice(0, 43)}`;

export const ACCOUNT_STEPS: readonly Step[] = [
  {
    title: "issues a token to a client id, or accepts the configured one",
    async run(target, story) {
      story.clipToken = target.token ?? (await issue(target));
      story.editToken = target.token ?? (await issue(target));
    },
  },
  {
    title: "issues one client id no second token",
    async run(target, story) {
      if (target.token !== null) throw new Skipped("works with a registered token, issues none");
      const clientId = `contract-${target.unique()}`;
      value(await target.nemo.issueToken(clientId));
      const second = await target.nemo.issueToken(clientId);
      story.notes.set(
        "second_token",
        second.ok ? "given" : `rejected (${second.error.reason}, HTTP ${second.error.status})`,
      );
      if (!second.ok) failure(second, "token_rationed");
    },
  },
  {
    title: "returns a balance whose parts add up",
    async run(target, story) {
      const credits = value(await target.nemo.readCredits(needed(story.clipToken, "a token")));
      story.notes.set("credits_at_start", String(credits.available));
      claim(
        credits.available + credits.frozen === credits.total,
        `available + frozen = total: ${JSON.stringify(credits)}`,
      );
    },
  },
  {
    title: "rejects a token that was never issued, on every kind of call",
    async run(target) {
      failure(await target.nemo.readCredits(STRANGER), "token_rejected");
      failure(await target.nemo.createSession(STRANGER, { name: "x" }), "token_rejected");
      failure(await target.nemo.readState(STRANGER, "1000000000000000001"), "token_rejected");
      failure(
        await target.nemo.openTurn(STRANGER, { sessionId: "1000000000000000001", text: "hello" }),
        "token_rejected",
      );
      failure(await target.nemo.readRender(STRANGER, "render_x"), "token_rejected");
    },
  },
  {
    title: "creates sessions with unchanged ids, with and without a language",
    async run(target, story) {
      story.clip = await session(target, needed(story.clipToken, "a token"), "en");
      story.edit = await session(target, needed(story.editToken, "a token"));
      story.notes.set(
        "session_id",
        DECIMAL_ID.test(story.clip.sessionId) ? `${story.clip.sessionId.length} digits` : "no number",
      );
      claim(story.clip.sessionId !== story.edit.sessionId, "each call makes a new session");
    },
  },
  {
    title: "does not find a session that was never created",
    async run(target, story) {
      const token = needed(story.clipToken, "a token");
      failure(await target.nemo.readState(token, "1000000000000000001"), "session_lost");
      const turn = await target.nemo.openTurn(token, { sessionId: "1000000000000000001", text: "hello" });
      if (!turn.ok) failure(turn, "session_lost");
      else {
        const events = await follow(turn.value.events);
        claim(
          events.some((event) => event.type === "failed" && event.failure.reason === "session_lost"),
          "the stream says so",
        );
      }
    },
  },
  {
    title: "shows an empty timeline before the first edit, the same at every read",
    async run(target, story) {
      const { sessionId } = needed(story.clip, "a session");
      const token = needed(story.clipToken, "a token");
      const first = value(await target.nemo.readState(token, sessionId));
      const second = value(await target.nemo.readState(token, sessionId));
      claim(first.timeline.tracks.length === 0 && first.mediaCount === 0, "nothing is there yet");
      claim(first.fingerprint === second.fingerprint, "two reads of one state compare equal");
    },
  },
  {
    title: "makes a claim link that holds no Nemo token",
    async run(target, story) {
      const token = needed(story.clipToken, "a token");
      const link = await target.nemo.claimLink(token, needed(story.clip, "a session"));
      story.notes.set(
        "claim_link",
        link.ok ? "claim token" : `rejected (${link.error.reason}, HTTP ${link.error.status})`,
      );
      if (link.ok)
        claim(!link.value.url.includes("nmv_usr_") && !link.value.url.includes(token), "the link holds no Nemo token");
    },
  },
];
