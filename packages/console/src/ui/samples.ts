/** Code that does what the page does. The key is never in it: it is read from the environment. */

type Sample = {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly user?: string;
  /** The call with the SDK's client `nemo`. */
  readonly sdk: string;
};

/** For a shell: in single quotes nothing but the quote itself has a meaning. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

export function samplesOf({ method, path, body, user, sdk }: Sample): { name: string; text: string }[] {
  const origin = location.origin;
  const curl = [
    `curl ${method === "GET" ? "" : `-X ${method} `}${quoted(`${origin}${path}`)}`,
    `-H "Authorization: Bearer $NEMO_GATEWAY_API_KEY"`,
    ...(user === undefined ? [] : [`-H ${quoted(`X-User-Id: ${user}`)}`]),
    ...(body === undefined ? [] : ["-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`]),
  ].join(" \\\n  ");
  const options = [
    `baseURL: ${JSON.stringify(origin)}`,
    ...(user === undefined ? [] : [`user: ${JSON.stringify(user)}`]),
  ];
  const typescript = `import { NemoGateway } from "nemo-gateway";\n\nconst nemo = new NemoGateway({ ${options.join(", ")} });\n${sdk}`;
  return [
    { name: "curl", text: curl },
    { name: "TypeScript", text: typescript },
  ];
}
