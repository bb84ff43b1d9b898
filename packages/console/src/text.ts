/** The texts of the chosen language, and numbers and times in its form. */
import { signal } from "@preact/signals";
import { language } from "./settings.ts";
import { en } from "./texts/en.ts";

export type TextKey = keyof typeof en;
export type Texts = Readonly<Record<TextKey, string>>;
type Values = Readonly<Record<string, string | number>>;

const loaded = signal<Readonly<Partial<Record<string, Texts>>>>({ en });

/** Loads the texts of the chosen language. Until they are there, English is shown. */
language.subscribe((wanted) => {
  if (wanted !== "zh" || loaded.peek().zh !== undefined) return;
  import("./texts/zh.ts").then(
    ({ zh }) => {
      loaded.value = { ...loaded.peek(), zh };
    },
    () => undefined, // offline: English stays
  );
});

/** A text, with `{name}` replaced by values. */
export function t(key: TextKey, values: Values = {}): string {
  const text = (loaded.value[language.value] ?? en)[key];
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** A text that may not exist, such as the one of a new status; else the value itself. */
export const textOr = (key: string, fallback: string): string => (key in en ? t(key as TextKey) : fallback); // just checked

const locale = (): string => (language.value === "zh" ? "zh-CN" : "en");

export const count = (value: number): string => new Intl.NumberFormat(locale()).format(value);

export const percent = (value: number): string =>
  new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 0 }).format(value);

export const moment = (at: string): string =>
  new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));

export const day = (at: string): string =>
  new Intl.DateTimeFormat(locale(), { month: "short", day: "numeric", timeZone: "UTC" }).format(new Date(at));

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 30],
  ["month", 12],
  ["year", Number.POSITIVE_INFINITY],
];

/** "3 minutes ago", "in 2 days". */
export function ago(at: string, now = Date.now()): string {
  let value = (Date.parse(at) - now) / 1_000;
  if (Math.abs(value) < 10) return t("justNow");
  for (const [unit, size] of STEPS) {
    if (Math.abs(value) < size)
      return new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(Math.round(value), unit);
    value /= size;
  }
  return moment(at);
}

const BYTE_UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

export function bytes(value: number): string {
  let [size, step] = [value, 0];
  while (size >= 1_000 && step < BYTE_UNITS.length - 1) {
    size /= 1_000;
    step++;
  }
  const unit = BYTE_UNITS[step] ?? "byte";
  const unitDisplay = step === 0 ? "long" : "short"; // the short form of English has no plural: "0 byte"
  const options = { style: "unit", unit, unitDisplay, maximumFractionDigits: size < 10 ? 1 : 0 } as const;
  return new Intl.NumberFormat(locale(), options).format(size);
}

/** `1:05` or `0:07.5`. */
export function clock(ms: number, withTenths = false): string {
  const seconds = ms / 1_000;
  const rest = withTenths
    ? (Math.round((seconds % 60) * 10) / 10).toFixed(1).padStart(4, "0")
    : String(Math.floor(seconds % 60)).padStart(2, "0");
  return `${Math.floor(seconds / 60)}:${rest}`;
}

/** How long: `8 s`, `3 min 5 s`. */
export function span(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return seconds < 60
    ? t("seconds", { seconds })
    : t("minutesSeconds", { minutes: Math.floor(seconds / 60), seconds: seconds % 60 });
}
