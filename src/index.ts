import { DurableObject } from "cloudflare:workers";
export class UserObject extends DurableObject<any> {
  async nam() { return this.ctx.id.name ?? null; }
  async alarm() { console.warn("alarm name", this.ctx.id.name); }
  async arm() { await this.ctx.storage.setAlarm(Date.now() + 1500); }
  async probe() { return [...this.ctx.storage.sql.exec("SELECT name FROM sqlite_master")].length; }
  async stream(n: number): Promise<ReadableStream> {
    const { readable, writable } = new IdentityTransformStream();
    const w = writable.getWriter();
    this.ctx.waitUntil((async () => { for (let i = 0; i < n; i++) { await w.write(new TextEncoder().encode(`id: ${i}\n\n`)); await new Promise(r => setTimeout(r, 300)); } await w.close(); })());
    return readable;
  }
}
export class TenantObject extends DurableObject {}
export class TokenObject extends DurableObject {}
export class UploadObject extends DurableObject {}
export class SandboxObject extends DurableObject {}
export default {
  async fetch(req: Request, env: any) {
    const u = new URL(req.url);
    if (u.pathname === "/f") { const r = await fetch(u.searchParams.get("u")!); return new Response(await r.text()); }
    const s = env.USER.getByName("a:b:c");
    if (u.pathname === "/s") return new Response(await s.stream(5), { headers: { "content-type": "text/event-stream" } });
    if (u.pathname === "/arm") { await s.arm(); }
    await env.MEDIA.put("x", "1");
    return Response.json({ name: await s.nam(), tables: await s.probe(), d1: await env.DB.prepare("select 1 as a").first() });
  },
  async queue() {}, async scheduled() { console.log("cron"); },
};
