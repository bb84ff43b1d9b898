/** The agent's answers to those who want a generator: what a description asks for, and the words that come. Four are malformed. */

type Answer = { readonly asks: RegExp; readonly says: string };

const fenced = (recipe: unknown): string => `\`\`\`json\n${JSON.stringify(recipe, null, 2)}\n\`\`\``;
const seconds = (preset: number) => ({ name: "seconds", type: "number", default: preset, min: 1, max: 60 });
const text = (name: string, description: string) => ({ name, type: "text", description });

const ANSWERS: readonly Answer[] = [
  {
    asks: /product photos?/i,
    says: `Here is your generator. Click Save in the panel on the right to keep it.\n\n${fenced({
      name: "Product photos to promo",
      description: "Turns product photos into a promo video with music and captions.",
      prompt: "turn these product photos of {{product}} into a {{seconds}}-second promo video with music and captions",
      variables: [text("product", "What is sold."), seconds(15)],
      needs_file: true,
      greeting: "Send your product photos.",
      try_saying: ["make a promo of my mug"],
      tips: ["Three to six photos work best. Click Export when it is done."],
    })}`,
  },
  {
    asks: /recipe|cooking/i,
    says: fenced({
      name: "Cooking short",
      prompt: "make a vertical {{seconds}}-second cooking video of {{dish}} with upbeat music",
      variables: [text("dish", "What is cooked."), seconds(30)],
    }),
  },
  {
    asks: /real estate|listing/i,
    says: `Sure!\n${fenced({
      name: "Listing tour",
      prompt: "make a {{seconds}}-second tour of {{address}}, captions {{captions}}",
      variables: [text("address", "Of the house."), seconds(45), { name: "captions", type: "boolean", default: true }],
      accepts: ["jpg", "png", "mp4"],
    })}`,
  },
  {
    asks: /quote/i,
    says: fenced({
      name: "Quote card",
      prompt: 'generate a {{seconds}}-second video with the title "{{quote}}" and {{mood}} music',
      variables: [
        text("quote", "The words."),
        seconds(8),
        { name: "mood", type: "choice", choices: ["calm", "upbeat"], default: "calm" },
      ],
    }),
  },
  {
    asks: /podcast/i,
    says: fenced({
      name: "Podcast teaser",
      prompt: "make a square {{seconds}}-second teaser of this podcast about {{topic}} with captions",
      variables: [text("topic", "What it is about."), seconds(30)],
      needs_file: true,
    }),
  },
  {
    asks: /\bevent|invitation/i,
    says: fenced({
      name: "Event invitation",
      prompt: "generate a {{seconds}}-second invitation to {{event}} on {{day}}",
      variables: [text("event", "Its name."), text("day", "When it is."), seconds(12)],
    }),
  },
  // A fence without a language, and another one before it.
  {
    asks: /travel/i,
    says: `An example request:\n\`\`\`\na week in Lisbon\n\`\`\`\nThe recipe:\n\`\`\`\n{"name": "Travel diary", "prompt": "make a video diary of {{trip}}", "variables": [{"name": "trip", "type": "text"}]}\n\`\`\``,
  },
  // No fence at all.
  {
    asks: /news/i,
    says: 'The recipe is {"name": "News brief", "prompt": "make a 20-second news video about {{headline}}", "variables": [{"name": "headline", "type": "text"}]} and that is all.',
  },
  { asks: /poem/i, says: "I can make that generator for you! Which kind of poems do you have in mind?" },
  {
    asks: /weather/i,
    says: '```json\n{"name": "Weather report", "prompt": "make a video about the weather in {{ci\n```',
  },
  {
    asks: /birthday/i,
    says: fenced({ name: "Birthday", prompt: "make a birthday video for {{name}} who turns {{age}}", variables: [] }),
  },
  {
    asks: /fitness|workout/i,
    says: fenced({
      name: "Workout",
      prompt: "make a workout video, level {{level}}",
      variables: [{ name: "level", type: "slider", default: 3 }],
    }),
  },
];

/** What the agent says to whoever wants the generator of this description. */
export function recipeText(description: string): string {
  const known = ANSWERS.find(({ asks }) => asks.test(description));
  if (known !== undefined) return known.says;
  return fenced({
    name: description.slice(0, 60).trim() || "Generator",
    prompt: "make a {{seconds}}-second video about {{topic}}",
    variables: [seconds(20), text("topic", "What the video is about.")],
  });
}
