/** Requests to the gateway, and its errors as n8n shows them. */
import { createHash } from 'crypto';
import { NodeApiError } from 'n8n-workflow';
import type {
	IDataObject,
	IExecuteFunctions,
	IHookFunctions,
	IHttpRequestMethods,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
	JsonObject,
} from 'n8n-workflow';

export type Context = IExecuteFunctions | IHookFunctions | ILoadOptionsFunctions;

export type Ask = {
	method?: IHttpRequestMethods;
	/** Below the gateway's address: `/v1/videos`. */
	path: string;
	qs?: IDataObject;
	/** Sent as JSON; a Buffer is sent as it is. */
	body?: IDataObject | Buffer;
	headers?: IDataObject;
	/** Answers with a stream instead of JSON. */
	stream?: boolean;
	/** The index of the input item, for errors. */
	item?: number;
	/** Statuses that are answered instead of thrown. */
	accepts?: number[];
};

type Answer = { statusCode: number; headers: IDataObject; body: unknown };

export const CREDENTIAL = 'nemoGatewayApi';

/** What was not filled in: an expression without a value, or an empty field. The gateway reads both as "not sent". */
export const isBlank = (value: unknown): boolean =>
	value === undefined || value === null || (typeof value === 'string' && value.trim() === '');

/** The entries that were filled in. */
export const filled = (values: IDataObject): IDataObject =>
	Object.fromEntries(Object.entries(values).filter(([, value]) => !isBlank(value)));

/** Sends a request and returns the parsed body. Throws NodeApiError with the gateway's own explanation. */
export async function ask(context: Context, wanted: Ask): Promise<Answer> {
	const { baseUrl } = await context.getCredentials(CREDENTIAL);
	const isBytes = Buffer.isBuffer(wanted.body);
	const options: IHttpRequestOptions = {
		method: wanted.method ?? 'GET',
		url: `${String(baseUrl).trim().replace(/\/+$/, '')}${wanted.path}`,
		qs: filled(wanted.qs ?? {}),
		headers: filled(wanted.headers ?? {}),
		body: wanted.body,
		json: !isBytes && wanted.stream !== true,
		...(wanted.stream ? { encoding: 'stream' as const } : {}),
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
	};
	let answer: Answer;
	try {
		answer = await context.helpers.httpRequestWithAuthentication.call(context, CREDENTIAL, options);
	} catch (error) {
		throw new NodeApiError(context.getNode(), error as JsonObject, {
			message: `The gateway at ${String(baseUrl)} did not answer`,
			...(wanted.item === undefined ? {} : { itemIndex: wanted.item }),
		});
	}
	const isGood = answer.statusCode < 400 || (wanted.accepts ?? []).includes(answer.statusCode);
	if (isGood) return wanted.stream ? answer : { ...answer, body: parsed(answer.body) };
	throw await problemOf(context, answer, wanted.item);
}

/** The body of the answer as an object. */
export async function askJson(context: Context, wanted: Ask): Promise<IDataObject> {
	const { body } = await ask(context, wanted);
	return (typeof body === 'object' && body !== null ? body : {}) as IDataObject;
}

function parsed(body: unknown): unknown {
	const text = Buffer.isBuffer(body) ? body.toString('utf8') : body;
	if (typeof text !== 'string') return text;
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

async function textOf(body: unknown): Promise<unknown> {
	const chunks = (body as AsyncIterable<Buffer> | undefined)?.[Symbol.asyncIterator]
		? (body as AsyncIterable<Buffer>)
		: undefined;
	if (chunks === undefined) return body;
	const read: Buffer[] = [];
	for await (const chunk of chunks) read.push(Buffer.from(chunk));
	return Buffer.concat(read).toString('utf8');
}

/** A problem of the gateway (RFC 9457): its detail as the message, then the fields, the next step and the request's id. */
async function problemOf(context: Context, answer: Answer, item?: number): Promise<NodeApiError> {
	const body = parsed(Buffer.isBuffer(answer.body) ? answer.body : await textOf(answer.body));
	const problem = (typeof body === 'object' && body !== null ? body : {}) as IDataObject;
	const fields = Array.isArray(problem.errors) ? (problem.errors as IDataObject[]) : [];
	const description = [
		...fields.map(({ field, message }) => `${String(field)}: ${String(message)}`),
		...(problem.hint ? [`Next step: ${String(problem.hint)}`] : []),
		...(problem.retryable === true ? ['The same request may succeed later.'] : []),
		`${String(problem.code ?? 'no code')}, request ${String(problem.request_id ?? answer.headers?.['request-id'] ?? 'unknown')}`,
	].join('\n');
	return new NodeApiError(context.getNode(), problem as JsonObject, {
		message: String(problem.detail ?? problem.title ?? `The gateway answered ${answer.statusCode}`),
		description,
		httpCode: String(answer.statusCode),
		...(item === undefined ? {} : { itemIndex: item }),
	});
}

/**
 * Names a request so that n8n's "Retry On Fail" cannot make or charge anything twice: the same in each try of one run of one
 * node for one item, and different in every other run.
 */
export function idempotencyKey(context: IExecuteFunctions, item: number, path: string, body: unknown): string {
	const run = [
		context.getInstanceId(),
		context.getWorkflow().id,
		context.getExecutionId(),
		context.getNode().id,
		context.getWorkflowDataProxy(item).$runIndex as number,
		item,
		path,
		body,
	];
	return `n8n-${createHash('sha256').update(JSON.stringify(run)).digest('hex')}`;
}

/** Creates something: a POST whose repetition creates nothing more. */
export async function create(
	context: IExecuteFunctions,
	item: number,
	path: string,
	body: IDataObject,
	more: { qs?: IDataObject; headers?: IDataObject } = {},
): Promise<IDataObject> {
	const key = idempotencyKey(context, item, path, body);
	return await askJson(context, {
		method: 'POST',
		path,
		body,
		qs: more.qs,
		headers: { ...more.headers, 'Idempotency-Key': key },
		item,
	});
}
