/** Hooks that load data for a component: once, page by page, or again and again while the page is visible. */
import { GatewayError, type Page } from "nemo-gateway";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { online } from "../session.ts";

export type Loaded<T> = {
  /** The last answer; undefined until there is one. It stays while a newer one is loaded. */
  readonly data: T | undefined;
  readonly error: unknown;
  readonly busy: boolean;
  readonly reload: () => Promise<void>;
  /** Replaces the data by what is known already, for example from a stream. */
  readonly set: (data: T) => void;
};

/** Loads when the component appears and when `deps` change; with `everyMs` also again and again while it can be seen. */
export function useLoad<T>(load: () => Promise<T>, deps: readonly unknown[], everyMs: number | null = null): Loaded<T> {
  const [state, setState] = useState<{ data: T | undefined; error: unknown; busy: boolean }>(NOTHING);
  const run = useRef(0);
  const reload = useCallback(async () => {
    const mine = ++run.current;
    setState((was) => ({ ...was, busy: true }));
    try {
      const data = await load();
      if (mine === run.current) setState({ data, error: undefined, busy: false });
    } catch (error) {
      if (mine === run.current) setState((was) => ({ ...was, error, busy: false }));
    }
  }, deps);

  useEffect(() => {
    setState(NOTHING);
    void reload();
    return () => {
      run.current++;
    };
  }, [reload]);

  useEffect(() => {
    if (everyMs === null) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible" && online.peek()) void reload();
    }, everyMs);
    return () => clearInterval(timer);
  }, [reload, everyMs]);

  const set = useCallback((data: T) => {
    run.current++; // an answer that is on its way is older
    setState({ data, error: undefined, busy: false });
  }, []);
  return { ...state, reload, set };
}

const NOTHING = { data: undefined, error: undefined, busy: true };

export type Pages<T> = Loaded<readonly T[]> & {
  /** Loads the next page; null when there is none. */
  readonly more: (() => Promise<void>) | null;
};

/** A list, page by page. */
export function usePages<T>(
  load: () => Promise<Page<T>>,
  deps: readonly unknown[],
  everyMs: number | null = null,
): Pages<T> {
  const [later, setLater] = useState<{ readonly rows: readonly T[]; readonly last: Page<T> } | null>(null);
  // A list that was extended is not polled: the reader is in the middle of it.
  const first = useLoad(load, deps, later === null ? everyMs : null);
  useEffect(() => setLater(null), [first.data]);
  const last = later?.last ?? first.data;
  const more = async (): Promise<void> => {
    const page = await last?.next();
    if (page) setLater({ rows: [...(later?.rows ?? []), ...page.data], last: page });
  };
  return {
    ...first,
    data: first.data === undefined ? undefined : [...first.data.data, ...(later?.rows ?? [])],
    set: () => undefined,
    more: last?.hasMore === true ? more : null,
  };
}

export type Action = {
  readonly busy: boolean;
  readonly error: unknown;
  readonly clear: () => void;
};

/** Runs what a button does: one at a time, with its error shown beside it. */
export function useAction<A extends readonly unknown[]>(
  act: (...given: A) => Promise<void>,
): Action & { readonly run: (...given: A) => Promise<void> } {
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: undefined });
  const running = useRef(false);
  const run = async (...given: A): Promise<void> => {
    if (running.current) return; // a second click
    running.current = true;
    setState({ busy: true, error: undefined });
    try {
      await act(...given);
      setState({ busy: false, error: undefined });
    } catch (error) {
      setState({ busy: false, error });
    } finally {
      running.current = false;
    }
  };
  return { ...state, run, clear: () => setState({ busy: false, error: undefined }) };
}

/**
 * Makes calls that cost something safe to repeat: the same content is sent with the same Idempotency-Key until the gateway has
 * decided about it. So a second click after a lost answer finds what the first one made, and pays nothing again.
 */
export function useOnce(): <T>(
  content: unknown,
  call: (options: { idempotencyKey: string }) => Promise<T>,
) => Promise<T> {
  const pending = useRef<{ readonly content: string; readonly idempotencyKey: string } | null>(null);
  return async (content, call) => {
    const text = JSON.stringify(content);
    if (pending.current?.content !== text) pending.current = { content: text, idempotencyKey: crypto.randomUUID() };
    const { idempotencyKey } = pending.current;
    try {
      const made = await call({ idempotencyKey });
      pending.current = null;
      return made;
    } catch (error) {
      if (error instanceof GatewayError && !error.retryable) pending.current = null;
      throw error;
    }
  };
}
