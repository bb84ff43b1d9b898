/** The operator's routes. They are not part of the public API, so the SDK has no methods for them. */
import { signal } from "@preact/signals";
import { ConnectionError, GatewayError, Page as ListPage } from "nemo-gateway";
import { t } from "./text.ts";

export type Mode = "live" | "test";
/** The admin token: in this page's memory alone. */
export const token = signal<string | null>(null);

type Listed<T> = { readonly data: readonly T[]; readonly has_more: boolean; readonly next_cursor: string | null };

export async function ask<T>(method: string, path: string, json?: unknown): Promise<T> {
  const headers: Record<string, string> = { authorization: `Bearer ${token.peek() ?? ""}` };
  if (json !== undefined) headers["content-type"] = "application/json";
  if (method === "POST") headers["idempotency-key"] = crypto.randomUUID();
  const body = json === undefined ? {} : { body: JSON.stringify(json) };
  const response = await fetch(path, { method, headers, credentials: "omit", ...body }).catch((cause) => {
    throw new ConnectionError(t("noConnection"), { cause });
  });
  const data = await response.json().catch(() => null);
  if (response.ok) return data as T; // the operator's document says its type
  if (response.status === 401) token.value = null;
  throw new GatewayError(response.status, response.headers, data);
}

export const listOf = async <T>(path: string, after?: string | number): Promise<ListPage<T>> => {
  const at = after === undefined ? "" : `&after=${encodeURIComponent(after)}`;
  const { data, has_more, next_cursor } = await ask<Listed<T>>("GET", `${path}?limit=50${at}`);
  return new ListPage(data, has_more ? next_cursor : null, (next) => listOf(path, next));
};

export const tenantPath = (id: string, rest = ""): string => `/admin/tenants/${encodeURIComponent(id)}${rest}`;
