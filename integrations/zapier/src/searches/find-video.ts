/** Finds a video by its id: its state, and the link to its file. */
import type { Bundle, Search, ZObject } from "zapier-platform-core";
import { ANSWERS } from "../api.gen.js";

export const findVideo: Search = {
  key: "find_video",
  noun: "Video",
  display: { label: "Find Video", description: "Finds a video by its ID." },
  operation: {
    inputFields: [{ key: "id", label: "Video ID", type: "string", required: true }],
    perform: async (z: ZObject, bundle: Bundle) => {
      const id = encodeURIComponent(String(bundle.inputData.id).trim());
      const response = await z.request({ url: `/v1/videos/${id}`, skipThrowForStatus: true });
      if (response.status === 404) return [];
      response.skipThrowForStatus = false;
      if (response.status >= 400) throw new z.errors.ResponseError(response);
      return [response.data];
    },
    ...ANSWERS.video,
  },
};
