/** How a user connects: the gateway's address, a key, and optionally one of the tenant's users. */
import type { Authentication, ZObject } from "zapier-platform-core";

const test = async (z: ZObject) => (await z.request("/v1/me")).data;

/** `Acme (test)` in the list of connections: two underscores are a step into the answer of `test`. */
const connectionLabel = "{{tenant__name}} ({{mode}})";

export const authentication = {
  type: "custom",
  test,
  connectionLabel,
  fields: [
    {
      key: "baseUrl",
      label: "Gateway URL",
      type: "string",
      required: true,
      helpText: "The address of your gateway, such as `https://gateway.example.com`.",
    },
    {
      key: "apiKey",
      label: "API Key",
      type: "password",
      required: true,
      helpText:
        "A key that starts with `ngw_live_` or `ngw_test_`. Test keys make sample videos and cost nothing. It needs the scopes `read`, `chat`, `upload`, `render` and `webhooks`.",
    },
    {
      key: "user",
      label: "User",
      type: "string",
      required: false,
      helpText:
        "Your own name for the user on whose behalf the connection works. It is needed to choose projects from a list.",
    },
  ],
} satisfies Authentication;
