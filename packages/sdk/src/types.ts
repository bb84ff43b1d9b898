/** The types of requests and answers, from the gateway's OpenAPI document. */
import type { components, operations } from "./schema.gen.ts";

export type Schemas = components["schemas"];
/** The query parameters of an operation. */
export type Query<O extends keyof operations> = NonNullable<operations[O]["parameters"]["query"]>;

export type Asset = Schemas["Asset"];
export type Attachment = Schemas["Attachment"];
export type AuditEntry = Schemas["AuditEntry"];
export type Batch = Schemas["Batch"];
export type BatchItem = Schemas["BatchItem"];
export type BrowserLink = Schemas["BrowserLink"];
export type CreatedKey = Schemas["CreatedKey"];
export type CreatedWebhookEndpoint = Schemas["CreatedWebhookEndpoint"];
export type Credits = Schemas["Credits"];
export type Delivery = Schemas["Delivery"];
export type Event = Schemas["Event"];
export type Generator = Schemas["Generator"];
export type GeneratorJob = Schemas["GeneratorJob"];
export type Health = Schemas["Health"];
export type Hook = Schemas["Hook"];
export type Key = Schemas["Key"];
export type Link = Schemas["Link"];
export type ListedProject = Schemas["ListedProject"];
export type ListedRender = Schemas["ListedRender"];
export type ListedUpload = Schemas["ListedUpload"];
export type ListedVideo = Schemas["ListedVideo"];
export type LoggedDelivery = Schemas["LoggedDelivery"];
export type Me = Schemas["Me"];
export type NemoToken = Schemas["NemoToken"];
export type Problem = Schemas["Problem"];
export type Project = Schemas["Project"];
export type Render = Schemas["Render"];
export type RenderPlan = Schemas["RenderPlan"];
export type RotatedSecret = Schemas["RotatedSecret"];
export type SignedOut = Schemas["SignedOut"];
export type StreamTicket = Schemas["StreamTicket"];
export type Timeline = Schemas["Timeline"];
export type Turn = Schemas["Turn"];
export type TurnEvent = Schemas["TurnEvent"];
export type Upload = Schemas["Upload"];
export type User = Schemas["User"];
export type UserToken = Schemas["UserToken"];
export type Video = Schemas["Video"];
export type VideoEvent = Schemas["VideoEvent"];
export type VideoPlan = Schemas["VideoPlan"];
export type WebhookEndpoint = Schemas["WebhookEndpoint"];
