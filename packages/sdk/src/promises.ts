/** What calls return: a promise of the data that can also give the whole answer, and lists that can be iterated. */

export type WithResponse<T> = { readonly data: T; readonly response: Response; readonly requestId: string | null };

/** A promise of the data; `withResponse()` also gives the answer's headers and request id. */
export type CallPromise<T> = Promise<T> & { withResponse(): Promise<WithResponse<T>> };

/** Runs a call. The request is sent at once. */
export function callPromise<T>(run: () => Promise<{ data: T; response: Response }>): CallPromise<T> {
  const whole = run().then(({ data, response }) => ({ data, response, requestId: response.headers.get("request-id") }));
  const data = whole.then((result) => result.data);
  return Object.assign(data, {
    withResponse(): Promise<WithResponse<T>> {
      data.catch(() => undefined); // the caller handles the other promise
      return whole;
    },
  });
}

/** A page of a list. */
export class Page<T> implements AsyncIterable<T> {
  readonly data: readonly T[];
  /** The cursor of the next page, for `after`; null on the last one. */
  readonly nextCursor: string | number | null;
  readonly #load: (after: string | number) => Promise<Page<T>>;

  constructor(
    data: readonly T[],
    nextCursor: string | number | null,
    load: (after: string | number) => Promise<Page<T>>,
  ) {
    this.data = data;
    this.nextCursor = nextCursor;
    this.#load = load;
  }

  get hasMore(): boolean {
    return this.nextCursor !== null;
  }

  /** The next page; null after the last one. */
  async next(): Promise<Page<T> | null> {
    return this.nextCursor === null ? null : this.#load(this.nextCursor);
  }

  /** Every entry from here on, loading further pages as they are needed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (let page: Page<T> | null = this; page !== null; page = await page.next()) yield* page.data;
  }
}

/** A promise of the first page; `for await` goes through all entries of all pages. */
export type PagePromise<T> = CallPromise<Page<T>> & AsyncIterable<T>;

type PageBody<T> = {
  readonly data: readonly T[];
  readonly has_more?: boolean;
  readonly next_cursor?: string | number | null;
};
type Load<T> = (after: string | number | undefined) => Promise<{ data: PageBody<T>; response: Response }>;

/** Loads the first page of a list. */
export function pagePromise<T>(load: Load<T>): PagePromise<T> {
  const pageOf = ({ data: rows, has_more: more, next_cursor: cursor }: PageBody<T>): Page<T> =>
    new Page(rows, more === true ? (cursor ?? null) : null, async (after) => pageOf((await load(after)).data));
  const first = callPromise(async () => {
    const { data, response } = await load(undefined);
    return { data: pageOf(data), response };
  });
  return Object.assign(first, {
    async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
      yield* await first;
    },
  });
}
