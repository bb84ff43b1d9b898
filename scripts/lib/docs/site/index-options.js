/** The options of the search index, which the build and the pages share. */
export const INDEX_OPTIONS = {
  fields: ["heading", "title", "text"],
  storeFields: ["heading", "title"],
  searchOptions: {
    boost: { heading: 4, title: 2 },
    boostDocument: (id) => (id.includes("#") ? 1 : 2), // a whole page before its sections
    prefix: true,
    fuzzy: 0.15,
    combineWith: "AND",
  },
  /** Splits at blanks and marks, and keeps names such as `video_id` and `videos.create` beside their parts. */
  tokenize: (text) => {
    const words = text.split(/[^\p{L}\p{N}_.]+/u).map((word) => word.replace(/^\.+|\.+$/g, ""));
    return words
      .flatMap((word) => (/[_.]/.test(word) ? [word, ...word.split(/[_.]+/)] : [word]))
      .filter((word) => word !== "");
  },
};
