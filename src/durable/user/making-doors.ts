/** The doors of a user's object that lead to generators being made. */
import type { MakingId } from "../../core/ids.ts";
import type { MakingOrder } from "../../core/making.ts";
import type { Call, MakingPort } from "../../core/ports.ts";
import type { MakingWire } from "../../core/wire/making.ts";
import type { Answer } from "./doors.ts";
import type { Makings } from "./makings.ts";
import { VideoDoors } from "./video-doors.ts";

export abstract class MakingDoors extends VideoDoors implements MakingPort {
  protected abstract readonly makings: Makings;

  async startMaking(call: Call, order: MakingOrder): Answer<MakingWire> {
    return this.living(() => this.makings.start(call, order));
  }

  async readMaking(id: MakingId): Answer<MakingWire> {
    return this.makings.read(id);
  }
}
