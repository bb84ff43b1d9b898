/** The console: sign-in, or the shell with the page of the address. */
import { effect } from "@preact/signals";
import { render } from "preact";
import { invite, route } from "./router.ts";
import { resume, session } from "./session.ts";
import { OPERATOR_PAGES, Shell } from "./shell.tsx";
import { Invited, SignIn } from "./sign-in.tsx";
import { Loading, Messages } from "./ui/parts.tsx";

function Console() {
  if (session.value === undefined)
    return (
      <main class="alone">
        <Loading />
      </main>
    );
  const isOperators = OPERATOR_PAGES.has(route.value.page);
  return (
    <>
      {invite.value !== null ? (
        <Invited code={invite.value} />
      ) : session.value === null && !isOperators ? (
        <SignIn />
      ) : (
        <Shell />
      )}
      <Messages />
    </>
  );
}

const root = document.getElementById("console");
if (root !== null) render(<Console />, root);
void resume();

// A new page is read from its heading on, as after a page load.
let shown = route.peek();
effect(() => {
  const next = route.value;
  if (next === shown) return;
  if (next.page !== shown.page || next.id === null) scrollTo(0, 0);
  shown = next;
  requestAnimationFrame(() => document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true }));
});
