/** The outer keys of an ADK event in snake_case, as early servers wrote them; what is inside `parts` and state keeps its names. */

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const outer = (value: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).map(([name, field]) => [snake(name), field]));

export function snakeKeys(event: { readonly actions: object }): Record<string, unknown> {
  return { ...outer(event), actions: outer(event.actions) };
}
