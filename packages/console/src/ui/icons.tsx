/** Line icons, 20 × 20. They decorate words and are hidden from screen readers. */
const PATHS = {
  overview: "M3 9.5 10 3l7 6.5V17h-4.5v-4.5h-5V17H3z",
  videos: "M3 4.5h10.5v11H3zM13.5 8.5 17 6v8l-3.5-2.5",
  chat: "M3 4h14v9.5H9L5.5 17v-3.5H3z",
  files: "M5 3h6l4 4v10H5zM11 3v4h4",
  generators: "M10 3v3M10 14v3M3 10h3M14 10h3M5 5l2 2M13 13l2 2M15 5l-2 2M7 13l-2 2",
  batches: "M3.5 6.5 10 3l6.5 3.5L10 10zM3.5 10 10 13.5 16.5 10M3.5 13.5 10 17l6.5-3.5",
  webhooks: "M7 4 3 10l4 6M13 4l4 6-4 6",
  deliveries: "M3 10h12M11 6l4 4-4 4",
  keys: "M7 10a3 3 0 1 0 0 .01M10 10h7v3M14 10v2",
  usage: "M4 17V9M10 17V4M16 17v-6",
  users:
    "M7.5 9a2.5 2.5 0 1 0 0-.01M3 16c.5-3 2-4 4.500-4s4 1 4.500 4M13 4.500a2.500 2.500 0 0 1 0 4.500M14.500 12.200c1.500.5 2.200 1.800 2.500 3.800",
  audit: "M5 3h10v14H5zM8 7h4M8 10h4M8 13h2",
  operator: "M3 6h9M15 6h2M3 14h2M8 14h9M12 4v4M8 12v4",
  back: "M12 4 6 10l6 6",
  plus: "M10 4v12M4 10h12",
  close: "M5 5l10 10M15 5 5 15",
  menu: "M3 5h14M3 10h14M3 15h14",
  copy: "M7 7h9v9H7zM4 13V4h9",
  warning: "M10 3 18 17H2zM10 8v4M10 14.500v.01",
  send: "M3 10 17 4l-4 13-3-5z",
  attach:
    "M13 6 7.500 11.500a1.800 1.800 0 0 0 2.500 2.500L16 8a3.500 3.500 0 0 0-5-5L5 9a5.200 5.200 0 0 0 7.500 7.500L16 13",
  play: "M6 4l10 6-10 6z",
  pause: "M7 4v12M13 4v12",
  retry: "M16 10a6 6 0 1 1-2-4.500L16 7M16 3v4h-4",
  download: "M10 3v10M6 9l4 4 4-4M4 17h12",
  trash: "M4 6h12M8 6V4h4v2M6 6l1 11h6l1-11",
  check: "M4 10.500 8 14.500 16 6",
  sun: "M10 6.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7M10 2v1.500M10 16.500V18M2 10h1.500M16.500 10H18M4.300 4.300l1 1M14.700 14.700l1 1M15.700 4.300l-1 1M5.300 14.700l-1 1",
  search: "M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4M13 13l4 4",
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = (props: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
    <path d={PATHS[props.name]} />
  </svg>
);
