import { DurableObject } from "cloudflare:workers"; export class TokenObject extends DurableObject {}
