import { env } from "cloudflare:workers";
import { expect, test } from "vitest";

test("object smoke", async () => {
  const stub = (env as any).SANDBOX.getByName("ten_a:test:u1");
  const h: Record<string, string> = { "X-Client-Id": "c1", "X-Skill-Source": "a", "X-Skill-Version": "1", "X-Skill-Platform": "x", "Content-Type": "application/json" };
  const call = (path: string, init: RequestInit = {}) => stub.fetch(new Request(`https://sandbox.nemo.internal${path}`, { ...init, headers: { ...h, ...(init.headers as object) } })) as Promise<Response>;
  const minted = await (await call("/api/auth/anonymous-token", { method: "POST" })).json() as any;
  h.Authorization = `Bearer ${minted.data.token}`;
  const s = await (await call("/api/tasks/me/with-session/nemo_agent", { method: "POST", body: JSON.stringify({ task_name: "p" }) })).json() as any;
  console.log(minted, s);
  for (const text of ["生成一个12秒的海边日落视频,竖屏,配上轻音乐,标题“夏天”", 'Add a title "Hello" for 3 seconds and lower the music to 20%', "trim it to 8 seconds with fade transitions", "what is in my timeline?"]) {
    const r = await call("/run_sse", { method: "POST", body: JSON.stringify({ app_name: "nemo_agent", user_id: "me", session_id: s.data.session_id, new_message: { parts: [{ text }] } }) });
    console.log(await r.text());
  }
  const state = await (await call(`/api/state/nemo_agent/me/${s.data.session_id}/latest`)).text();
  console.log(state);
  const draft = state.slice(state.indexOf('"draft":') + 8, state.indexOf(',"video_infos"'));
  const sub = await call("/api/render/proxy/lambda", { method: "POST", body: `{"id":"render_1","sessionId":"${s.data.session_id}","draft":${draft}}` });
  console.log(sub.status, await sub.text());
  await new Promise((r) => setTimeout(r, 300));
  const poll = await (await call("/api/render/proxy/lambda/render_1")).json() as any;
  console.log(poll);
  const f = await stub.fetch(new Request(poll.output.url));
  console.log(f.status, [...f.headers], (await f.arrayBuffer()).byteLength);
  const g = await stub.fetch(new Request(poll.output.url, { headers: { Range: "bytes=10-19" } }));
  console.log(g.status, [...g.headers], (await g.arrayBuffer()).byteLength);
  const form = new FormData();
  form.append("files", new File(["abc\r\n--x"], "a.mp4", { type: "video/mp4" }));
  form.append("files", new File(["zz"], "b.png", { type: "image/png" }));
  const { "Content-Type": _, ...rest } = h;
  const up = await stub.fetch(new Request(`https://sandbox.nemo.internal/api/upload-video/nemo_agent/me/${s.data.session_id}`, { method: "POST", body: form, headers: rest }));
  console.log(await up.text());
  console.log(JSON.stringify(await (await call("/__ledger")).json()).slice(0, 3000));
  expect(1).toBe(1);
});
