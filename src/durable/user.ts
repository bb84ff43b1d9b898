import { DurableObject } from "cloudflare:workers"; export class UserObject extends DurableObject {}
