/** A trigger for each event that people automate: Zapier's address becomes a REST hook of the gateway. */
import type { Bundle, Trigger, ZObject } from "zapier-platform-core";
import { EVENTS, type EventName } from "../api.gen.js";

const subscribe = (event: EventName) => async (z: ZObject, bundle: Bundle) =>
  (await z.request({ method: "POST", url: "/v1/hooks", body: { target_url: bundle.targetUrl, event } })).data;

/** A hook that is gone already is unsubscribed too. */
const unsubscribe = async (z: ZObject, bundle: Bundle) => {
  const id = encodeURIComponent(bundle.subscribeData?.id ?? "");
  const response = await z.request({ method: "DELETE", url: `/v1/hooks/${id}`, skipThrowForStatus: true });
  if (response.status >= 400 && response.status !== 404) throw new z.errors.ResponseError(response);
  return {};
};

const list = (event: EventName) => async (z: ZObject) =>
  (await z.request({ url: "/v1/hooks/samples", params: { event } })).data;

const received = (_z: ZObject, bundle: Bundle) => [bundle.cleanedRequest];

/** `video.needs_input` → `video_needs_input`. */
const keyOf = (event: string): string => event.replaceAll(".", "_");

const NOUNS: Readonly<Record<string, string>> = { video: "Video", render: "Export", turn: "Message", batch: "Batch" };

const eventTrigger = (event: EventName): Trigger => {
  const { label, description, sample, outputFields } = EVENTS[event];
  return {
    key: keyOf(event),
    noun: NOUNS[event.slice(0, event.indexOf("."))] ?? "Event",
    display: {
      label,
      description: `Triggers when this happens: ${description.charAt(0).toLowerCase()}${description.slice(1)}.`,
    },
    operation: {
      type: "hook",
      performSubscribe: subscribe(event),
      performUnsubscribe: unsubscribe,
      performList: list(event),
      perform: received,
      sample,
      outputFields,
    },
  };
};

export const eventTriggers: Record<string, Trigger> = Object.fromEntries(
  (Object.keys(EVENTS) as EventName[]).map((event) => [keyOf(event), eventTrigger(event)]), // the keys of the type
);
