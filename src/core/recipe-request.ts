/** What the agent is asked for when a generator is to be made: words that never change, then the description. */

/** On one line: the sandbox knows the request by these very words. */
const INSTRUCTION =
  "Do not make or edit a video now. Write the recipe of a reusable video generator as one JSON object inside a code fence marked json. Its fields: name (at most 100 characters); description; prompt (what you will be asked for each video, with {{variable}} where a value goes); variables (a list of objects with name, made of a-z, 0-9 and _; type, one of text, number, boolean, choice; description; default, or null where the caller must send a value; choices for a choice; min and max for a number); needs_file (true where it makes nothing without an uploaded file); greeting; try_saying and tips (lists of at most 10 sentences). The prompt names every variable and no other. The generator that is wanted:";

/** The message that asks for a recipe. `description`: the caller's words. */
export const recipeRequest = (description: string): string => `${INSTRUCTION} ${description}`;

/** The description in such a message; null when it is another message. */
export const describedIn = (prompt: string): string | null =>
  prompt.startsWith(INSTRUCTION) ? prompt.slice(INSTRUCTION.length).trim() : null;
