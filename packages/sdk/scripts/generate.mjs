// Prints the types of the OpenAPI document on stdin. `npm run sdk:generate` writes them to src/schema.gen.ts.
import openapiTS, { astToString } from "openapi-typescript";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const nodes = await openapiTS(JSON.parse(Buffer.concat(chunks).toString("utf8")), { defaultNonNullable: false });
process.stdout.write(
  `/** Generated from the gateway's OpenAPI document by \`npm run sdk:generate\`. Do not edit. */\n\n${astToString(nodes)}`,
);
