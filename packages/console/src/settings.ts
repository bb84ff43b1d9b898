/** What a person chose for this browser: language, theme and the user to act for. No secret is stored here. */
import { effect, signal } from "@preact/signals";

export type Language = "en" | "zh";
export type Theme = "auto" | "light" | "dark";

const read = (name: string): string | null => {
  try {
    return localStorage.getItem(`console.${name}`);
  } catch {
    return null; // storage is turned off
  }
};
const write = (name: string, value: string): void => {
  try {
    localStorage.setItem(`console.${name}`, value);
  } catch {
    // storage is turned off: the choice holds until the page is closed
  }
};

const wanted = read("language") ?? navigator.language;
export const language = signal<Language>(wanted.toLowerCase().startsWith("zh") ? "zh" : "en");

const storedTheme = read("theme");
export const theme = signal<Theme>(storedTheme === "light" || storedTheme === "dark" ? storedTheme : "auto");

/** The user that lists and new resources are for. */
export const DEFAULT_USER = "console";
export const user = signal<string>(read("user") ?? DEFAULT_USER);

effect(() => {
  write("language", language.value);
  document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
});
effect(() => {
  write("theme", theme.value);
  if (theme.value === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
});
effect(() => write("user", user.value));
