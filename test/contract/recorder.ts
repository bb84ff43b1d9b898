/** Records what a server sent, so that its variants can be identified later. Bodies pass through unchanged. */

export type Exchange = {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly status: number;
  readonly mediaType: string;
  /** The request's body, where it is text. */
  readonly asked: string;
  /** The answer's body as far as it was read, up to `KEPT_CHARS`; "" for media. */
  text(): string;
};

/** Characters kept of one answer. Chosen: a stream or a state of a contract run fits. */
const KEPT_CHARS = 4_000_000;

const isText = (type: string): boolean => /json|text|event-stream/.test(type);

export type Recorder = {
  readonly exchanges: readonly Exchange[];
  /** `fetch` that keeps what passes. */
  wrap(fetch: (request: Request) => Promise<Response>): (request: Request) => Promise<Response>;
};

/** The response with its body's text copied into `keep` while it is read, never ahead of its reader. */
function copied(response: Response, keep: (text: string) => void): Response {
  const source = response.body?.getReader();
  if (source === undefined) return response;
  const decoder = new TextDecoder();
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await source.read();
        if (done) return controller.close();
        keep(decoder.decode(value, { stream: true }));
        controller.enqueue(value);
      },
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers });
}

export function createRecorder(): Recorder {
  const exchanges: Exchange[] = [];
  return {
    exchanges,
    wrap: (fetch) => async (request) => {
      const isJson = (request.headers.get("content-type") ?? "").includes("json");
      const asked = isJson ? await request.clone().text() : "";
      const response = await fetch(request);
      const url = new URL(request.url);
      const mediaType = response.headers.get("content-type") ?? "";
      let text = "";
      const { method } = request;
      const path = `${url.pathname}${url.search}`;
      exchanges.push({ method, path, status: response.status, mediaType, asked, text: () => text });
      if (!isText(mediaType)) return response;
      return copied(response, (more) => {
        if (text.length < KEPT_CHARS) text += more;
      });
    },
  };
}
