/** The TypeScript client of nemo-gateway. */
export { NemoGateway, NemoGateway as default, type WaitOptions } from "./client.ts";
export { ConnectionError, GatewayError, VideoNotCompletedError } from "./errors.ts";
export { type CallPromise, Page, type PagePromise, type WithResponse } from "./promises.ts";
export type { Streamed, StreamOptions } from "./streams.ts";
export type { ClientOptions, RequestOptions } from "./transport.ts";
export type * from "./types.ts";
export type { SendOptions, UploadSource } from "./uploads.ts";
export { type WebhookEvent, WebhookVerificationError } from "./webhooks.ts";
