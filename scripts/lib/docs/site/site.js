/** The pages' script: the search, and the buttons that copy code. Everything else works without it. */
import MiniSearch from "minisearch";
import { INDEX_OPTIONS } from "./index-options.js";

/** Results that are shown. */
const SHOWN = 8;
/** How long a button says that it has copied, in ms. */
const COPIED_MS = 1_500;

const make = (tag, properties = {}, children = []) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

/* Copy buttons. */

for (const block of document.querySelectorAll(".code")) {
  const button = make("button", { type: "button", className: "copy", textContent: "Copy" });
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("code").textContent.trimEnd());
    button.textContent = "Copied";
    setTimeout(() => {
      button.textContent = "Copy";
    }, COPIED_MS);
  });
  block.append(button);
}

/* The search: an input with a list of results (the combobox pattern of the ARIA Authoring Practices). */

let index = null;
const loadIndex = () => {
  index ??= fetch("/docs/assets/search.json")
    .then((answer) => answer.text())
    .then((text) => MiniSearch.loadJSON(text, INDEX_OPTIONS));
  return index;
};

const input = make("input", {
  type: "search",
  placeholder: "Search",
  autocomplete: "off",
  spellcheck: false,
});
for (const [name, value] of Object.entries({
  role: "combobox",
  "aria-label": "Search the documentation",
  "aria-expanded": "false",
  "aria-controls": "results",
  "aria-autocomplete": "list",
}))
  input.setAttribute(name, value);
const list = make("ul", { id: "results", role: "listbox", hidden: true });
list.setAttribute("aria-label", "Results");
const status = make("p", { className: "found" });
status.setAttribute("role", "status");
document.querySelector(".search")?.append(input, list, status);

/** The number of the chosen result; -1 for none. */
let chosen = -1;

const choose = (number) => {
  const options = [...list.querySelectorAll('[role="option"]')];
  chosen = options.length === 0 ? -1 : (number + options.length) % options.length;
  for (const [at, option] of options.entries()) option.setAttribute("aria-selected", String(at === chosen));
  const option = options[chosen];
  if (option === undefined) return input.removeAttribute("aria-activedescendant");
  input.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
};

const close = () => {
  status.textContent = "";
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
  chosen = -1;
};

const show = (results) => {
  list.replaceChildren(
    ...results.map(({ id, title, heading }, at) => {
      const parts = [
        make("span", { textContent: heading }),
        make("small", { textContent: heading === title ? "" : title }),
      ];
      const option = make("li", { id: `result-${at}` }, parts);
      option.setAttribute("role", "option");
      option.dataset.path = id;
      return option;
    }),
  );
  status.textContent = results.length === 0 ? "Nothing found" : "";
  list.hidden = results.length === 0;
  input.setAttribute("aria-expanded", String(results.length > 0));
  choose(0);
};

const search = async () => {
  const words = input.value.trim();
  if (words === "") return close();
  const found = (await loadIndex()).search(words);
  if (input.value.trim() === words) show(found.slice(0, SHOWN)); // otherwise a later letter has its own search
};

input.addEventListener("focus", loadIndex, { once: true });
input.addEventListener("input", search);
input.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") choose(chosen + 1);
  else if (event.key === "ArrowUp") choose(chosen - 1);
  else if (event.key === "Enter") list.querySelector('[aria-selected="true"]')?.click();
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
});
list.addEventListener("click", (event) => {
  const { path } = event.target.closest("[data-path]").dataset;
  close();
  location.assign(path);
});
document.addEventListener("click", (event) => {
  if (!event.target.closest(".search")) close();
});
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || isTyping) return;
  event.preventDefault();
  input.focus();
});
