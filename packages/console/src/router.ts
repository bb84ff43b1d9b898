/** The address of a page is the part of the URL after `#`, which browsers do not send: `#/videos/vid_…`. */
import { signal } from "@preact/signals";

export type Route = { readonly page: string; readonly id: string | null };

function routeOf(hash: string): Route {
  const [page = "", id] = hash.replace(/^#\/?/, "").split("/");
  return { page: page === "" ? "overview" : page, id: id === undefined || id === "" ? null : decoded(id) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not written by us
  }
}

export const route = signal<Route>(routeOf(location.hash));
addEventListener("hashchange", () => {
  route.value = routeOf(location.hash);
});

/** The link to a page. */
export const linkTo = (page: string, id?: string): string =>
  `#/${page === "overview" ? "" : page}${id === undefined ? "" : `/${encodeURIComponent(id)}`}`;

export function goTo(page: string, id?: string): void {
  location.hash = linkTo(page, id);
}
