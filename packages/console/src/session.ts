/**
 * The session: opened with an API key, held in memory, restored after a reload from a cookie that scripts cannot read. The
 * key that a person pastes is sent once and kept nowhere.
 */
import { computed, signal } from "@preact/signals";
import { ConnectionError, GatewayError, type Me, NemoGateway, type Problem } from "nemo-gateway";
import { user } from "./settings.ts";
import { t } from "./text.ts";

export type Session = {
  readonly id: string;
  readonly secret: string;
  readonly mode: "live" | "test";
  readonly scopes: readonly string[];
  readonly expires_at: string | null;
  /** The key or invite that it was opened with. */
  readonly session_of: string | null;
};

/** Undefined until it is known whether there is one. */
export const session = signal<Session | null | undefined>(undefined);
/** Why a session ended by itself; null if it did not. */
export const endedBecause = signal<string | null>(null);
export const me = signal<Me | null>(null);
export const online = signal(navigator.onLine);
addEventListener("online", () => {
  online.value = true;
});
addEventListener("offline", () => {
  online.value = false;
});

/** Every request of the API. An answer that the session is no longer valid ends it. */
async function send(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, { ...init, credentials: "omit" });
  if (response.status === 401) void endWith(response.clone());
  return response;
}

async function endWith(response: Response): Promise<void> {
  const problem = (await response.json().catch(() => null)) as Problem | null; // the gateway's, or none
  if (session.peek() === null) return;
  endedBecause.value = problem?.detail ?? "";
  forget();
}

function forget(): void {
  session.value = null;
  me.value = null;
}

/** For when no session exists: pages are not shown then, so nothing is sent with it. */
const NO_KEY = "none";
const clientFor = (named: string | null) =>
  new NemoGateway({
    apiKey: session.value?.secret ?? NO_KEY,
    baseURL: location.origin,
    dangerouslyAllowBrowser: true,
    fetch: send,
    ...(named === null ? {} : { user: named }),
  });

/** A client for the account: keys, webhooks, usage, and every resource by its id. */
export const account = computed(() => clientFor(null));
/** A client for the chosen user: its lists, and what is created for it. */
export const acting = computed(() => clientFor(user.value));

const URL_OF_SESSION = "/console/session";

async function request(method: "POST" | "DELETE", path: string, secret?: string, attempt?: string): Promise<Response> {
  const headers: Record<string, string> = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
  if (attempt !== undefined) headers["idempotency-key"] = attempt;
  return fetch(path, { method, headers, credentials: "same-origin" }).catch((cause) => {
    throw new ConnectionError(t("noConnection"), { cause });
  });
}

const problemIn = async (response: Response): Promise<GatewayError> =>
  new GatewayError(response.status, response.headers, await response.json().catch(() => null));

/** Asks a route that is for this page alone. Throws what the gateway says. */
export async function askGateway<T>(path: string, body: unknown): Promise<T> {
  const headers = { authorization: `Bearer ${session.peek()?.secret ?? NO_KEY}`, "content-type": "application/json" };
  const response = await send(path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw await problemIn(response);
  return (await response.json()) as T; // the route's own answer
}

/** Opens a session with a pasted key, or a pasted invite link. Throws what the gateway says of it. */
export async function signIn(key: string): Promise<void> {
  const code = /(?:^|#invite=)(ngi_\w+)$/.exec(key.trim())?.[1];
  if (code !== undefined) return acceptInvite(code);
  const response = await request("POST", URL_OF_SESSION, key.trim());
  if (!response.ok) throw await problemIn(response);
  await begin((await response.json()) as Session); // the route's own answer
}

/** Names what this page asks for. If the answer is lost, the same code opens the same session again for this page alone. */
const attempt = crypto.randomUUID();

/** Opens the one session of an invite. Throws what the gateway says of its code. */
export async function acceptInvite(code: string): Promise<void> {
  const isCode = /^\w+$/.test(code); // a header can carry it; the gateway says that anything else is mistyped
  const response = await request("POST", `${URL_OF_SESSION}/invite`, isCode ? code : "", attempt);
  if (!response.ok) throw await problemIn(response);
  await begin((await response.json()) as Session); // the route's own answer
}

/** Restores the session of this browser, if it has one. */
export async function resume(): Promise<void> {
  try {
    const response = await request("POST", `${URL_OF_SESSION}/resume`);
    if (response.status === 200)
      await begin((await response.json()) as Session); // the route's own answer
    else session.value = null;
  } catch {
    session.value = null; // no network: the sign-in page says so
  }
}

async function begin(opened: Session): Promise<void> {
  session.value = opened;
  endedBecause.value = null;
  await refreshMe();
}

export async function refreshMe(): Promise<void> {
  me.value = await account
    .peek()
    .me()
    .catch(() => me.peek());
}

/** Ends the session at the gateway, then here. */
export async function signOut(): Promise<void> {
  const secret = session.peek()?.secret;
  if (secret !== undefined) {
    const response = await request("DELETE", URL_OF_SESSION, secret);
    if (!response.ok && response.status !== 401) throw await problemIn(response);
  }
  endedBecause.value = null;
  forget();
}

/** Whether the session has this scope: without it, an action is not offered. */
export const may = (scope: string): boolean => session.value?.scopes.includes(scope) ?? false;
