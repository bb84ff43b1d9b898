import type {
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	ICredentialType,
	Icon,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';

export class NemoGatewayApi implements ICredentialType {
	name = 'nemoGatewayApi';

	displayName = 'Nemo Gateway API';

	icon: Icon = { light: 'file:../icons/nemo-gateway.svg', dark: 'file:../icons/nemo-gateway.dark.svg' };

	documentationUrl =
		'https://github.com/YOUR-ACCOUNT/nemo-gateway/tree/main/integrations/n8n?tab=readme-ov-file#credentials';

	properties: INodeProperties[] = [
		{
			displayName: 'Gateway URL',
			name: 'baseUrl',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'https://gateway.example.com',
			description: 'The address of your gateway, without /v1',
		},
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description:
				'A key that starts with ngw_live_ or ngw_test_. Test keys make sample videos and cost nothing.',
		},
		{
			displayName: 'User',
			name: 'user',
			type: 'string',
			default: '',
			description:
				'Your own name for the user on whose behalf the nodes work. It is needed to list projects.',
		},
		{
			displayName: 'Signing Secret',
			name: 'signingSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				'The default secret of your webhooks (whsec_…, shown once by POST /v1/webhook_secret/rotate). With it, the trigger rejects messages that the gateway did not sign.',
		},
	];

	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		options: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		const headers = options.headers ?? {};
		const user = String(credentials.user ?? '').trim();
		return {
			...options,
			headers: {
				...(user === '' ? {} : { 'X-User-Id': user }),
				...headers,
				Authorization: `Bearer ${String(credentials.apiKey ?? '').trim()}`,
			},
		};
	}

	test: ICredentialTestRequest = {
		request: {
			baseURL: '={{$credentials.baseUrl}}',
			url: '/v1/me',
			method: 'GET',
		},
	};
}
