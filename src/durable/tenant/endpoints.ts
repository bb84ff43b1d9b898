/** Where a tenant wants its events: addresses, types, and the secret each is signed with. */
import type { Scope } from "../../core/address.ts";
import type { RootSecrets } from "../../core/derive.ts";
import { base64 } from "../../core/encode.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import { type EndpointId, plainId } from "../../core/ids.ts";
import { ENDPOINTS_PER_SCOPE } from "../../core/limits.ts";
import type { Call } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { seal, unseal } from "../../core/seal.ts";
import { checkTarget, explainTarget } from "../../core/target.ts";
import { toRfc3339 } from "../../core/time.ts";
import type { EndpointWire, EventType, NewEndpoint } from "../../core/wire/event.ts";
import type { Ground } from "../ground.ts";
import { findRepeat, keepRepeat } from "../repeats.ts";

type Row = {
  id: EndpointId;
  url: string;
  types: string;
  state: "enabled" | "disabled";
  secret: string;
  created_at: number;
};

/** Random bytes of a signing secret. Source: Standard Webhooks, 24 to 64 bytes. */
const SECRET_BYTES = 32;

export class Endpoints {
  readonly #ground: Ground;
  readonly #scope: Scope;

  constructor(ground: Ground, scope: Scope) {
    this.#ground = ground;
    this.#scope = scope;
  }

  /** Makes an endpoint. Its secret is in this answer and in no other: a repeat of the request gets null. */
  async create(
    call: Call,
    body: NewEndpoint,
  ): Promise<Result<{ endpoint: EndpointWire; secret: string | null }, Refusal>> {
    const ground = this.#ground;
    const target = checkTarget(body.url, ground.config.targets);
    if (!target.ok)
      return err(
        refusal("address_not_allowed", explainTarget(target.error), {
          errors: [{ field: "/url", message: explainTarget(target.error) }],
        }),
      );
    const repeat = this.#repeated(call);
    if (repeat !== null) return repeat;
    if (this.list().length >= ENDPOINTS_PER_SCOPE) {
      return err(
        refusal(
          "too_many_endpoints",
          `A tenant has at most ${ENDPOINTS_PER_SCOPE} endpoints in one mode; delete one first.`,
          { hint: "DELETE /v1/webhook_endpoints/{id}" },
        ),
      );
    }
    const secret = `whsec_${base64(ground.random(SECRET_BYTES))}`;
    const id = plainId("whk", ground.now(), ground.random);
    const sealed = await seal(secret, this.#owner(id), this.#roots(), ground.random);
    const twin = this.#repeated(call); // a twin may have come while the secret was sealed
    if (twin !== null) return twin;
    const row: Row = {
      id,
      url: target.value.href,
      types: JSON.stringify(body.types),
      state: "enabled",
      secret: sealed,
      created_at: ground.now(),
    };
    ground.storage.transactionSync(() => {
      ground.sql.exec(
        "INSERT INTO endpoints (id, url, types, state, secret, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        row.id,
        row.url,
        row.types,
        row.state,
        row.secret,
        row.created_at,
      );
      keepRepeat(ground, call, row.id);
    });
    return ok({ endpoint: show(row), secret });
  }

  list(): EndpointWire[] {
    return this.#rows().map(show);
  }

  read(id: EndpointId): Result<EndpointWire, Refusal> {
    const row = this.#find(id);
    return row === null ? err(noEndpoint()) : ok(show(row));
  }

  /** Removes an endpoint and calls off what was still owed to it. */
  delete(id: EndpointId): Result<null, Refusal> {
    if (this.#find(id) === null) return err(noEndpoint());
    const { sql, storage, now } = this.#ground;
    storage.transactionSync(() => {
      sql.exec("DELETE FROM endpoints WHERE id = ?", id);
      sql.exec(
        "UPDATE deliveries SET state = 'failed', due_at = NULL, ended_at = ? WHERE endpoint = ? AND state = 'pending'",
        now(),
        id,
      );
    });
    return ok(null);
  }

  /** Enabled endpoints that want events of this type. */
  wanting(type: EventType): EndpointId[] {
    return this.#rows()
      .filter((row) => row.state === "enabled" && typesOf(row).some((wanted) => wanted === "*" || wanted === type))
      .map((row) => row.id);
  }

  /** Where to send and what to sign with; null when the endpoint is gone, disabled, or its secret cannot be opened. */
  async target(id: EndpointId): Promise<{ url: string; secret: string } | null> {
    const row = this.#find(id);
    if (row === null || row.state !== "enabled") return null;
    const secret = await unseal(row.secret, this.#owner(id), this.#roots());
    return secret === null ? null : { url: row.url, secret };
  }

  #repeated(call: Call): Result<{ endpoint: EndpointWire; secret: null }, Refusal> | null {
    const repeat = findRepeat(this.#ground, call);
    if (!repeat.ok) return repeat;
    if (repeat.value === null) return null;
    const known = this.read(repeat.value as EndpointId); // written by create() only
    return known.ok ? ok({ endpoint: known.value, secret: null }) : known;
  }

  #rows(): Row[] {
    return this.#ground.sql
      .exec<Row>("SELECT id, url, types, state, secret, created_at FROM endpoints ORDER BY id")
      .toArray();
  }

  #find(id: EndpointId): Row | null {
    return this.#rows().find((row) => row.id === id) ?? null;
  }

  #owner(id: EndpointId): string {
    return `webhook_secret|${this.#scope.tenant}|${this.#scope.mode}|${id}`;
  }

  #roots(): RootSecrets {
    return { current: this.#ground.config.rootSecret, previous: this.#ground.config.rootSecretPrevious };
  }
}

const noEndpoint = (): Refusal =>
  refusal("not_found", "No endpoint with this id exists here; list yours with GET /v1/webhook_endpoints.");

const typesOf = (row: Row): EndpointWire["types"] => JSON.parse(row.types) as EndpointWire["types"]; // written by create() only

const show = (row: Row): EndpointWire => ({
  id: row.id,
  url: row.url,
  types: typesOf(row),
  state: row.state,
  created_at: toRfc3339(row.created_at),
});
