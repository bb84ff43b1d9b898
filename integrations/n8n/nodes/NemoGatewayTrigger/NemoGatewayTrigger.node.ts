import { NodeConnectionTypes } from 'n8n-workflow';
import type {
	IDataObject,
	IHookFunctions,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { EVENTS } from '../shared/api.gen';
import { isSigned } from '../shared/signature';
import { ask, askJson, CREDENTIAL } from '../shared/transport';

/** The hook of this node's address and event; undefined if there is none, or a disabled one. */
async function findHook(context: IHookFunctions): Promise<IDataObject | undefined> {
	const url = context.getNodeWebhookUrl('default');
	const event = context.getNodeParameter('event');
	const { data } = await askJson(context, { path: '/v1/hooks' });
	const hooks = Array.isArray(data) ? (data as IDataObject[]) : [];
	return hooks.find((hook) => hook.target_url === url && hook.event === event && hook.state !== 'disabled');
}

export class NemoGatewayTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Nemo Gateway Trigger',
		name: 'nemoGatewayTrigger',
		icon: { light: 'file:../../icons/nemo-gateway.svg', dark: 'file:../../icons/nemo-gateway.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{$parameter["event"]}}',
		description: 'Starts the workflow when something happens in nemo-gateway',
		defaults: { name: 'Nemo Gateway Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'nemoGatewayApi', required: true }],
		webhooks: [{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'webhook' }],
		properties: [
			{
				displayName: 'Event',
				name: 'event',
				type: 'options',
				required: true,
				noDataExpression: true,
				options: EVENTS,
				default: 'video.completed',
				description: 'What starts the workflow',
			},
		],
	};

	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				const hook = await findHook(this);
				if (hook === undefined) return false;
				this.getWorkflowStaticData('node').hookId = hook.id;
				return true;
			},
			async create(this: IHookFunctions): Promise<boolean> {
				const body = {
					target_url: this.getNodeWebhookUrl('default'),
					event: this.getNodeParameter('event') as string,
				};
				const hook = await askJson(this, { method: 'POST', path: '/v1/hooks', body });
				this.getWorkflowStaticData('node').hookId = hook.id;
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				const data = this.getWorkflowStaticData('node');
				const hookId = data.hookId ?? (await findHook(this))?.id;
				if (hookId !== undefined) {
					const path = `/v1/hooks/${encodeURIComponent(String(hookId))}`;
					await ask(this, { method: 'DELETE', path, accepts: [404] });
				}
				delete data.hookId;
				return true;
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const { signingSecret } = await this.getCredentials(CREDENTIAL);
		const secret = String(signingSecret ?? '').trim();
		if (secret !== '') {
			const { rawBody } = this.getRequestObject() as { rawBody?: Buffer };
			const isGood = isSigned(secret, this.getHeaderData(), rawBody ?? Buffer.alloc(0), Date.now() / 1000);
			if (!isGood) {
				this.getResponseObject().status(401).json({ message: 'The signature is missing or wrong.' });
				return { noWebhookResponse: true };
			}
		}
		return { workflowData: [[{ json: this.getBodyData() }]] };
	}
}
