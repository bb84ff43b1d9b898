// Prints the public OpenAPI document as JSON. Plain JavaScript: it imports the Worker, whose types are not those of Node.
import { createApp } from "../src/app.ts";
import { documentOf } from "../src/http/openapi.ts";

process.stdout.write(JSON.stringify(documentOf(createApp())));
