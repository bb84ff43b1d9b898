/** The doors of a user's object that lead to renders. */
import type { ProjectId, RenderId } from "../../core/ids.ts";
import type { Call, Page, PageRequest, StoredFile } from "../../core/ports.ts";
import { ok } from "../../core/result.ts";
import type { AttributionWire } from "../../core/wire/attribution.ts";
import type { NewRender, RenderPlan, RenderWire } from "../../core/wire/render.ts";
import { type Answer, Doors } from "./doors.ts";
import type { RenderFiles } from "./render-files.ts";
import type { Renders } from "./renders.ts";

export abstract class RenderDoors extends Doors {
  protected abstract readonly renders: Renders;
  protected abstract readonly files: RenderFiles;

  async startRender(
    call: Call,
    project: ProjectId,
    body: NewRender,
    attribution: AttributionWire | null = null,
  ): Answer<RenderWire> {
    return this.downloads.answer(this.living(() => this.renders.start(call, project, body, attribution)));
  }

  async readRender(id: RenderId): Answer<RenderWire> {
    return this.downloads.answer(this.renders.read(id));
  }

  async planRender(project: ProjectId, body: NewRender): Answer<RenderPlan> {
    return this.living(() => this.renders.plan(project, body));
  }

  async cancelRender(_call: Call, id: RenderId): Answer<RenderWire> {
    return this.downloads.answer(
      this.living(() => {
        const known = this.renders.read(id);
        return known.ok ? this.renders.cancel(id) : known;
      }),
    );
  }

  async listRenders(project: ProjectId | null, page: PageRequest): Answer<Page<RenderWire>> {
    const listed = this.renders.list(project, page);
    return listed.ok ? ok(await this.downloads.page(listed.value)) : listed;
  }

  async renderFile(id: RenderId): Answer<StoredFile> {
    return this.files.file(id);
  }

  async shareRender(call: Call, id: RenderId, seconds: number): Answer<{ token: string; expires_at: string }> {
    return this.living(() => this.files.share(call, id, seconds));
  }
}
