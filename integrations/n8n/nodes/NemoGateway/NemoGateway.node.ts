import { NodeApiError, NodeConnectionTypes, NodeOperationError } from 'n8n-workflow';
import type {
	IDataObject,
	IExecuteFunctions,
	IHttpRequestMethods,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
	JsonObject,
} from 'n8n-workflow';
import { AND_WAIT, parameters } from '../shared/descriptions';
import { getVariables, searchGenerators, searchProjects } from '../shared/listSearch';
import { ask, askJson, create, filled, isBlank } from '../shared/transport';
import { uploadBinary } from '../shared/upload';

const HOUR_MS = 60 * 60 * 1000;
const ENDED = ['completed', 'failed', 'cancelled', 'needs_input', 'unknown'];

/** What one item of the input asks for. */
class Item {
	constructor(
		readonly context: IExecuteFunctions,
		readonly index: number,
	) {}

	value(name: string): unknown {
		return this.context.getNodeParameter(name, this.index, undefined, { extractValue: true });
	}

	/** A value that has to be there. */
	text(name: string, label: string): string {
		const value = this.value(name);
		if (!isBlank(value)) return String(value).trim();
		const message = `${label} is empty`;
		const description =
			'If it comes from an expression, check that the expression has a value for this item.';
		throw new NodeOperationError(this.context.getNode(), message, { itemIndex: this.index, description });
	}

	object(name: string): IDataObject {
		const value = this.context.getNodeParameter(name, this.index, {});
		if (typeof value !== 'string') return (value ?? {}) as IDataObject;
		if (value.trim() === '') return {};
		try {
			return JSON.parse(value) as IDataObject;
		} catch {
			throw new NodeOperationError(this.context.getNode(), `"${name}" is not valid JSON`, {
				itemIndex: this.index,
			});
		}
	}

	get options(): IDataObject {
		return this.object('options');
	}

	/** The header of a user that overrides the credential's. */
	get headers(): IDataObject {
		const own = this.context.getNodeParameter('user', this.index, '') as unknown;
		const user = isBlank(own) ? this.options.user : own;
		return isBlank(user) ? {} : { 'X-User-Id': String(user).trim() };
	}

	/** The body of the form: its required fields, and the options that were filled in. */
	body(...required: string[]): IDataObject {
		const { metadata, ...options } = this.options;
		delete options.user;
		delete options.waitHours;
		const labels = (metadata as { label?: IDataObject[] } | undefined)?.label ?? [];
		return filled({
			...Object.fromEntries(required.map((name) => [name, this.value(name)])),
			...options,
			...(labels.length === 0
				? {}
				: { metadata: Object.fromEntries(labels.map(({ name, value }) => [String(name), value])) }),
		} as IDataObject);
	}

	get variables(): IDataObject {
		return filled((this.context.getNodeParameter('variables.value', this.index, {}) ?? {}) as IDataObject);
	}

	async create(path: string, body: IDataObject, qs: IDataObject = {}): Promise<IDataObject> {
		return await create(this.context, this.index, path, body, { qs, headers: this.headers });
	}

	async read(path: string, qs: IDataObject = {}): Promise<IDataObject> {
		return await askJson(this.context, { path, qs, headers: this.headers, item: this.index });
	}

	path(before: string, name: string, label: string, after = ''): string {
		return `${before}/${encodeURIComponent(this.text(name, label))}${after}`;
	}

	/** A file of the gateway as a binary field. */
	async download(path: string, name: string, json: IDataObject): Promise<INodeExecutionData> {
		const { body, headers } = await ask(this.context, {
			path,
			stream: true,
			headers: this.headers,
			item: this.index,
		});
		const type = String(headers['content-type'] ?? 'video/mp4');
		const file = await this.context.helpers.prepareBinaryData(body as Buffer, name, type);
		return { json, binary: { [this.text('output', 'Put Output File in Field')]: file } };
	}
}

type Run = (item: Item) => Promise<IDataObject | IDataObject[] | INodeExecutionData>;

/** The request that starts what an operation makes, and the body of it. */
const starts: Record<string, (item: Item) => { path: string; body: IDataObject; qs?: IDataObject }> = {
	'video.make': (item) => ({ path: '/v1/videos', body: item.body('prompt') }),
	'video.makeFromGenerator': (item) => ({
		path: item.path('/v1/generators', 'generator', 'Generator', '/videos'),
		body: { ...item.body(), variables: item.variables },
	}),
	[`video.${AND_WAIT}`]: (item) =>
		(item.value('source') === 'generator' ? starts['video.makeFromGenerator'] : starts['video.make'])(item),
	'project.chat': (item) => ({
		path: item.path('/v1/projects', 'project', 'Project', '/turns'),
		body: item.body('prompt'),
		qs: { wait: item.context.getNodeParameter('wait', item.index, 0) as number },
	}),
	[`project.${AND_WAIT}`]: (item) => ({
		path: item.path('/v1/projects', 'project', 'Project', '/turns'),
		body: item.body('prompt'),
	}),
	'render.create': (item) => ({
		path: item.path('/v1/projects', 'project', 'Project', '/renders'),
		body: item.body(),
	}),
	[`render.${AND_WAIT}`]: (item) => starts['render.create'](item),
};

const start: Run = async (item) => {
	const operation = `${String(item.value('resource'))}.${String(item.value('operation'))}`;
	const { path, body, qs } = starts[operation](item);
	return await item.create(path, body, qs);
};

const runs: Record<string, Run> = {
	'video.make': start,
	'video.makeFromGenerator': start,
	'video.continue': async (item) =>
		await item.create(item.path('/v1/videos', 'id', 'Video ID', '/turns'), item.body('prompt')),
	'video.get': async (item) =>
		await item.read(item.path('/v1/videos', 'id', 'Video ID'), {
			wait: item.context.getNodeParameter('wait', item.index, 0) as number,
		}),
	'video.cancel': async (item) => await item.create(item.path('/v1/videos', 'id', 'Video ID', '/cancel'), {}),
	'video.download': async (item) => {
		const video = await item.read(item.path('/v1/videos', 'id', 'Video ID'));
		return await item.download(`/v1/videos/${String(video.id)}/content`, `${String(video.id)}.mp4`, video);
	},
	'project.create': async (item) => await item.create('/v1/projects', item.body()),
	'project.chat': start,
	'project.getTimeline': async (item) =>
		await item.read(item.path('/v1/projects', 'project', 'Project', '/timeline')),
	'render.create': start,
	'render.get': async (item) => await item.read(item.path('/v1/renders', 'id', 'Render ID')),
	'render.download': async (item) => {
		const render = await item.read(item.path('/v1/renders', 'id', 'Render ID'));
		return await item.download(`/v1/renders/${String(render.id)}/content`, `${String(render.id)}.mp4`, render);
	},
	'upload.fromBinary': async (item) =>
		await uploadBinary(item.context, item.index, item.text('input', 'Input Binary Field'), item.headers),
	'upload.fromUrl': async (item) => await item.create('/v1/uploads/import', item.body('url')),
	'upload.get': async (item) => await item.read(item.path('/v1/uploads', 'id', 'Upload ID')),
	'generator.getMany': async (item) => {
		const isAll = item.value('returnAll') === true;
		const limit = isAll ? Infinity : Number(item.value('limit') ?? 50);
		const found: IDataObject[] = [];
		for (let after: unknown; found.length < limit; ) {
			const qs = filled({ limit: Math.min(100, limit - found.length), after: after as string });
			const page = await item.read('/v1/generators', qs);
			found.push(...(page.data as IDataObject[]));
			after = page.next_cursor;
			if (page.has_more !== true) break;
		}
		return found;
	},
	'userToken.create': async (item) =>
		await item.create(item.path('/v1/users', 'userId', 'User', '/tokens'), item.body()),
	'request.send': async (item) => {
		const method = String(item.value('method')) as IHttpRequestMethods;
		const hasBody = !['GET', 'DELETE'].includes(method);
		const path = item.text('path', 'Path');
		const { body } = await ask(item.context, {
			method,
			path: path.startsWith('/') ? path : `/${path}`,
			qs: item.object('query'),
			...(hasBody ? { body: item.object('body') } : {}),
			headers: item.headers,
			item: item.index,
		});
		const isObject = typeof body === 'object' && body !== null;
		return isObject ? (body as IDataObject | IDataObject[]) : { body: body as string };
	},
};

const isItem = (result: IDataObject | INodeExecutionData): result is INodeExecutionData =>
	'binary' in result && 'json' in result;

/** The error as n8n shows it, with the number of the item. */
function shownError(context: IExecuteFunctions, error: unknown, itemIndex: number): Error {
	if (error instanceof NodeApiError || error instanceof NodeOperationError) return error;
	return new NodeApiError(context.getNode(), error as JsonObject, { itemIndex });
}

/** What an item has in place of its result when the workflow continues after errors. */
const failed = (error: Error, item: number): INodeExecutionData => ({
	json: {
		error: error.message,
		...(error instanceof NodeApiError
			? { description: error.description ?? '', httpCode: error.httpCode ?? '' }
			: {}),
	},
	pairedItem: { item },
});

// The rule is for triggers. This node's only webhook is the one that resumes a waiting execution; n8n registers it itself.
// eslint-disable-next-line @n8n/community-nodes/webhook-lifecycle-complete
export class NemoGateway implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Nemo Gateway',
		name: 'nemoGateway',
		icon: { light: 'file:../../icons/nemo-gateway.svg', dark: 'file:../../icons/nemo-gateway.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{$parameter["operation"] + ": " + $parameter["resource"]}}',
		description: 'Make and edit videos by prompts',
		defaults: { name: 'Nemo Gateway' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'nemoGatewayApi', required: true }],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				responseMode: 'onReceived',
				path: '={{ $nodeId }}',
				restartWebhook: true,
				isFullPath: true,
			},
		],
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'API Request', value: 'request' },
					{ name: 'Generator', value: 'generator' },
					{ name: 'Project', value: 'project' },
					{ name: 'Render', value: 'render' },
					{ name: 'Upload', value: 'upload' },
					{ name: 'User Token', value: 'userToken' },
					{ name: 'Video', value: 'video' },
				],
				default: 'video',
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: ['video'] } },
				options: [
					{
						name: 'Cancel',
						value: 'cancel',
						action: 'Cancel a video',
						description: 'Stop a video that is in progress',
					},
					{
						name: 'Continue',
						value: 'continue',
						action: 'Continue a video',
						description: "Answer the agent's question, or ask for a change of a finished video",
					},
					{
						name: 'Download',
						value: 'download',
						action: 'Download a video',
						description: 'Get the file of a finished video',
					},
					{
						name: 'Get',
						value: 'get',
						action: 'Get a video',
						description: 'Get the state of a video',
					},
					{
						name: 'Make',
						value: 'make',
						action: 'Make a video',
						description: 'Start a video from a prompt and continue at once',
					},
					{
						name: 'Make and Wait',
						value: AND_WAIT,
						action: 'Make a video and wait for it',
						description: 'Start a video and continue when it has ended',
					},
					{
						name: 'Make From Generator',
						value: 'makeFromGenerator',
						action: 'Make a video from a generator',
						description: 'Start a video from a saved prompt with variables',
					},
				],
				default: 'make',
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: ['project'] } },
				options: [
					{
						name: 'Chat',
						value: 'chat',
						action: 'Send a message to a project',
						description: 'Send a message to the agent',
					},
					{
						name: 'Chat and Wait',
						value: AND_WAIT,
						action: 'Send a message to a project and wait for the answer',
						description: 'Send a message to the agent and continue when it has answered',
					},
					{
						name: 'Create',
						value: 'create',
						action: 'Create a project',
						description: 'Create a project, for several messages on one timeline',
					},
					{
						name: 'Get Timeline',
						value: 'getTimeline',
						action: 'Get the timeline of a project',
						description: 'Get what a project consists of at the moment',
					},
				],
				default: 'create',
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: ['render'] } },
				options: [
					{
						name: 'Create',
						value: 'create',
						action: 'Export a project',
						description: 'Export a project to a file and continue at once',
					},
					{
						name: 'Create and Wait',
						value: AND_WAIT,
						action: 'Export a project and wait for the file',
						description: 'Export a project and continue when the file is there',
					},
					{
						name: 'Download',
						value: 'download',
						action: 'Download a render',
						description: 'Get the file of a finished render',
					},
					{
						name: 'Get',
						value: 'get',
						action: 'Get a render',
						description: 'Get the state of a render',
					},
				],
				default: 'create',
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: ['upload'] } },
				options: [
					{
						name: 'From Binary',
						value: 'fromBinary',
						action: 'Upload a binary field',
						description: 'Upload a file of the workflow, at most 500 MB',
					},
					{
						name: 'From URL',
						value: 'fromUrl',
						action: 'Import a file from an address',
						description: 'Have the gateway fetch a file from an https address',
					},
					{
						name: 'Get',
						value: 'get',
						action: 'Get an upload',
						description: 'Get the state of an upload',
					},
				],
				default: 'fromBinary',
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: ['generator'] } },
				options: [
					{
						name: 'Get Many',
						value: 'getMany',
						action: 'Get many generators',
						description: 'Get the saved prompts',
					},
				],
				default: 'getMany',
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: ['userToken'] } },
				options: [
					{
						name: 'Create',
						value: 'create',
						action: 'Create a user token',
						description: 'Create a short-lived token for a browser or phone',
					},
				],
				default: 'create',
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: ['request'] } },
				options: [
					{
						name: 'Send',
						value: 'send',
						action: 'Send an API request',
						description: 'Send any request of the API with the credential',
					},
				],
				default: 'send',
			},
			...parameters,
		],
	};

	methods = {
		listSearch: { searchGenerators, searchProjects },
		resourceMapping: { getVariables },
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const items = this.getInputData();
		const resource = this.getNodeParameter('resource', 0);
		const operation = this.getNodeParameter('operation', 0);
		if (operation === AND_WAIT) return [await startAndWait(this, items)];
		const run = runs[`${resource}.${operation}`];
		const results: INodeExecutionData[] = [];
		for (let index = 0; index < items.length; index++) {
			try {
				const got = await run(new Item(this, index));
				for (const one of Array.isArray(got) ? got : [got]) {
					const pairedItem = { item: index };
					results.push(isItem(one) ? { ...one, pairedItem } : { json: one, pairedItem });
				}
			} catch (error) {
				const problem = shownError(this, error, index);
				if (!this.continueOnFail()) throw problem;
				results.push(failed(problem, index));
			}
		}
		return [results];
	}

	/** The end of what the node waits for: n8n has checked the signature of the address. */
	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const { data, type } = this.getBodyData();
		const isEvent = typeof type === 'string' && typeof data === 'object' && data !== null;
		if (!isEvent) return { webhookResponse: 'This is not an event of the gateway; the workflow still waits.' };
		return { workflowData: [[{ json: data as IDataObject, pairedItem: { item: 0 } }]] };
	}
}

/** Starts one thing with this execution's address as its callback, and stops until the callback arrives. */
async function startAndWait(context: IExecuteFunctions, items: INodeExecutionData[]): Promise<INodeExecutionData[]> {
	if (items.length > 1) {
		throw new NodeOperationError(context.getNode(), `This operation waits for one item, and ${items.length} came in`, {
			description: 'Put it into a "Loop Over Items" node with a batch size of 1, or use the operation that does not wait.',
		});
	}
	const item = new Item(context, 0);
	try {
		const operation = `${String(item.value('resource'))}.${AND_WAIT}`;
		const { path, body } = starts[operation](item);
		context.setSignatureValidationRequired();
		const made = await item.create(path, { ...body, callback_url: context.getSignedResumeUrl() });
		// A repeated try finds what the first one made, and that may have ended.
		if (ENDED.includes(String(made.status))) return [{ json: made, pairedItem: { item: 0 } }];
		const hours = Number(item.options.waitHours ?? 96) || 96;
		await context.putExecutionToWait(new Date(Date.now() + hours * HOUR_MS));
		return items;
	} catch (error) {
		const problem = shownError(context, error, 0);
		if (!context.continueOnFail()) throw problem;
		return [failed(problem, 0)];
	}
}
