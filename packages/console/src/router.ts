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

/**
 * The code of an invite, which its link has after `#`. It is taken out of the address at once, so that it is in no history, and
 * held in memory until it is used.
 */
export const invite = signal<string | null>(null);
takeInvite();
function takeInvite(): void {
  const code = /^#invite=(.*)$/.exec(location.hash)?.[1];
  if (code === undefined) return;
  history.replaceState(null, "", location.pathname);
  invite.value = code;
}

export const route = signal<Route>(routeOf(location.hash));
addEventListener("hashchange", () => {
  takeInvite();
  route.value = routeOf(location.hash);
});

/** The link to a page. */
export const linkTo = (page: string, id?: string): string =>
  `#/${page === "overview" ? "" : page}${id === undefined ? "" : `/${encodeURIComponent(id)}`}`;

export function goTo(page: string, id?: string): void {
  location.hash = linkTo(page, id);
}
