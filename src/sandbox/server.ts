/** The sandbox over HTTP. `X-Sandbox` or `?sandbox=` names the object that gets the request; the default is "default". */
import { SandboxObject, type SandboxObjectEnv } from "./object.ts";

export { SandboxObject };

type ServerEnv = SandboxObjectEnv & { readonly SANDBOX: DurableObjectNamespace<SandboxObject> };

// biome-ignore lint/style/noDefaultExport: a Worker's entry is its default export
export default {
  fetch(request: Request, env: ServerEnv): Promise<Response> {
    const name = request.headers.get("X-Sandbox") ?? new URL(request.url).searchParams.get("sandbox") ?? "default";
    return env.SANDBOX.getByName(name).fetch(request);
  },
} satisfies ExportedHandler<ServerEnv>;
