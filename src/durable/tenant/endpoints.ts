/** Where a tenant wants its events: addresses and types. */
import { type Refusal, refusal } from "../../core/errors.ts";
import { type EndpointId, plainId } from "../../core/ids.ts";
import { ENDPOINTS_PER_SCOPE } from "../../core/limits.ts";
import type { Call } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { refuseTarget } from "../../core/target.ts";
import { toRfc3339 } from "../../core/time.ts";
import type { EventType } from "../../core/wire/event.ts";
import type { EndpointWire, NewEndpoint } from "../../core/wire/webhook.ts";
import type { Ground } from "../ground.ts";
import { findRepeat, keepRepeat } from "../repeats.ts";
import type { Secrets } from "./secrets.ts";

type Row = {
  id: EndpointId;
  url: string;
  types: string;
  state: "enabled" | "disabled";
  created_at: number;
};

const COLUMNS = "id, url, types, state, created_at";

export class Endpoints {
  readonly #ground: Ground;
  readonly #secrets: Secrets;

  constructor(ground: Ground, secrets: Secrets) {
    this.#ground = ground;
    this.#secrets = secrets;
  }

  /** Makes an endpoint. Its secret is in this answer and in no other: a repeat of the request gets null. */
  async create(
    call: Call,
    body: NewEndpoint,
  ): Promise<Result<{ endpoint: EndpointWire; secret: string | null }, Refusal>> {
    const ground = this.#ground;
    const unreachable = refuseTarget(body.url, "/url", ground.config.targets);
    if (unreachable !== null) return err(unreachable);
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
    const id = plainId("whk", ground.now(), ground.random);
    const fresh = await this.#secrets.fresh(id);
    const twin = this.#repeated(call); // a twin may have come while the secret was sealed
    if (twin !== null) return twin;
    const row: Row = {
      id,
      url: body.url,
      types: JSON.stringify(body.types),
      state: "enabled",
      created_at: ground.now(),
    };
    ground.storage.transactionSync(() => {
      ground.sql.exec(
        `INSERT INTO endpoints (${COLUMNS}) VALUES (?, ?, ?, ?, ?)`,
        row.id,
        row.url,
        row.types,
        row.state,
        row.created_at,
      );
      this.#secrets.put(fresh);
      keepRepeat(ground, call, row.id);
    });
    return ok({ endpoint: show(row), secret: fresh.secret });
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
      this.#secrets.forget(id);
      sql.exec(
        "UPDATE deliveries SET state = 'failed', due_at = NULL, ended_at = ? WHERE target_kind = 'endpoint' AND target = ? AND state = 'pending'",
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

  /** Where to send; null when the endpoint is gone or disabled. */
  address(id: EndpointId): string | null {
    const row = this.#find(id);
    return row === null || row.state !== "enabled" ? null : row.url;
  }

  #repeated(call: Call): Result<{ endpoint: EndpointWire; secret: null }, Refusal> | null {
    const repeat = findRepeat(this.#ground, call);
    if (!repeat.ok) return repeat;
    if (repeat.value === null) return null;
    const known = this.read(repeat.value as EndpointId); // written by create() only
    return known.ok ? ok({ endpoint: known.value, secret: null }) : known;
  }

  #rows(): Row[] {
    return this.#ground.sql.exec<Row>(`SELECT ${COLUMNS} FROM endpoints ORDER BY id`).toArray();
  }

  #find(id: EndpointId): Row | null {
    return this.#rows().find((row) => row.id === id) ?? null;
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
