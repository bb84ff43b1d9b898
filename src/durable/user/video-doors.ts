/** The doors of a user's object that lead to videos, and to the end of videos and projects. */
import type { ProjectId, VideoId } from "../../core/ids.ts";
import type { Pass } from "../../core/pass.ts";
import type { Call, Page, PageRequest, StoredFile, VideoFilter, VideoPort, Watching } from "../../core/ports.ts";
import { err, ok } from "../../core/result.ts";
import type { Video } from "../../core/video.ts";
import type { NamedOrder } from "../../core/video-life.ts";
import type { ProjectPatch, ProjectWire } from "../../core/wire/project.ts";
import type { VideoEventsPage, VideoWire } from "../../core/wire/video.ts";
import type { Answer } from "./doors.ts";
import type { Projects } from "./projects.ts";
import type { Removals } from "./removals.ts";
import { RenderDoors } from "./render-doors.ts";
import type { VideoStream } from "./video-stream.ts";
import type { Videos } from "./videos.ts";

export abstract class VideoDoors extends RenderDoors implements VideoPort {
  protected abstract readonly videos: Videos;
  protected abstract readonly following: VideoStream;
  protected abstract readonly projects: Projects;
  protected abstract readonly removals: Removals;

  async startVideo(call: Call, order: NamedOrder): Answer<VideoWire> {
    return this.downloads.answer(this.living(() => this.videos.start(call, order)));
  }

  async checkVideo(call: Call, order: NamedOrder): Answer<null> {
    return this.living(() => {
      const refused = this.videos.refuse(order, call.named);
      return refused === null ? ok(null) : err(refused);
    });
  }

  async readVideo(id: VideoId): Answer<VideoWire> {
    return this.downloads.answer(this.videos.read(id));
  }

  async listVideos(page: PageRequest, status: Video["status"] | null, of: VideoFilter = {}): Promise<Page<VideoWire>> {
    return this.downloads.page(this.videos.list(page, status, of));
  }

  async continueVideo(call: Call, id: VideoId, prompt: string): Answer<VideoWire> {
    return this.downloads.answer(this.living(() => this.videos.goOn(call, id, prompt)));
  }

  async cancelVideo(_call: Call, id: VideoId): Answer<VideoWire> {
    return this.downloads.answer(this.living(() => this.videos.cancel(id)));
  }

  async watchVideo(id: VideoId, after: number, pass: Pass | null = null): Answer<Watching> {
    return this.following.watch(id, after, pass);
  }

  async readVideoEvents(id: VideoId, after: number, limit: number, waitMs: number): Answer<VideoEventsPage> {
    return this.following.readEvents(id, after, limit, waitMs);
  }

  async awaitVideo(id: VideoId, waitMs: number): Answer<VideoWire> {
    return this.downloads.answer(this.following.awaitEnd(id, waitMs));
  }

  async readVideoFile(id: VideoId): Answer<StoredFile> {
    return this.videos.file(id);
  }

  async removeVideo(_call: Call, id: VideoId): Answer<null> {
    return this.living(() => this.removals.video(id));
  }

  async changeProject(_call: Call, id: ProjectId, patch: ProjectPatch): Answer<ProjectWire> {
    return this.living(() => this.projects.change(id, patch));
  }

  async removeProject(_call: Call, id: ProjectId): Answer<null> {
    return this.living(() => this.removals.project(id));
  }

  async shareVideo(call: Call, id: VideoId, seconds: number): Answer<{ token: string; expires_at: string }> {
    return this.living(() => this.videos.share(call, id, seconds));
  }
}
