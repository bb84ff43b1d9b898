/** The parameters of the operations. What belongs to a request body comes from api.gen.ts. */
import { SEND_AND_WAIT_OPERATION } from 'n8n-workflow';
import type { INodeProperties } from 'n8n-workflow';
import { FORMS } from './api.gen';
import type { FormName } from './api.gen';

/**
 * n8n checks the signature of a resume URL only for operations with this value, so every operation that waits has it, and a
 * resource has at most one.
 */
export const AND_WAIT = SEND_AND_WAIT_OPERATION;

/** The parameters, shown for these operations of a resource. */
const shown = (
	resource: string,
	operation: string[],
	properties: INodeProperties[],
	more: Record<string, string[]> = {},
): INodeProperties[] =>
	properties.map((property) => ({
		...property,
		displayOptions: { show: { resource: [resource], operation, ...more } },
	}));

const user: INodeProperties = {
	displayName: 'User',
	name: 'user',
	type: 'string',
	default: '',
	description: "Your own name for the user on whose behalf this works. Overrides the credential's.",
};

const waitLimit: INodeProperties = {
	displayName: 'Wait at Most (Hours)',
	name: 'waitHours',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: 96,
	description:
		'When this time is over, the workflow continues with the input item as it was. The gateway tries for three days to report the end.',
};

/** The required fields of a form, then its optional ones as one collection. */
const form = (name: FormName, extra: INodeProperties[] = []): INodeProperties[] => [
	...FORMS[name].required,
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [...FORMS[name].optional, user, ...extra].sort((one, other) =>
			one.displayName.localeCompare(other.displayName),
		),
	},
];

const id = (displayName: string, name: string): INodeProperties => ({
	displayName,
	name,
	type: 'string',
	required: true,
	default: '',
});

const located = (displayName: string, name: string, searchListMethod: string, placeholder: string): INodeProperties => ({
	displayName,
	name,
	type: 'resourceLocator',
	required: true,
	default: { mode: 'list', value: '' },
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			typeOptions: { searchListMethod, searchable: true },
		},
		{ displayName: 'By ID', name: 'id', type: 'string', placeholder },
	],
});

const generator: INodeProperties[] = [
	located('Generator', 'generator', 'searchGenerators', 'e.g. product-promo'),
	{
		displayName: 'Variables',
		name: 'variables',
		type: 'resourceMapper',
		noDataExpression: true,
		default: { mappingMode: 'defineBelow', value: null },
		typeOptions: {
			loadOptionsDependsOn: ['generator.value'],
			resourceMapper: {
				resourceMapperMethod: 'getVariables',
				mode: 'add',
				fieldWords: { singular: 'variable', plural: 'variables' },
				addAllFields: true,
				multiKeyMatch: false,
				supportAutoMap: false,
			},
		},
	},
];

const project = located('Project', 'project', 'searchProjects', 'e.g. prj_01jd8m3k5xq2w4v7z9…');

const waitSeconds: INodeProperties = {
	displayName: 'Wait (Seconds)',
	name: 'wait',
	type: 'number',
	typeOptions: { minValue: 0, maxValue: 60 },
	default: 0,
	description: 'How long to wait for the end, at most 60. The output has the state that was reached by then.',
};

const output: INodeProperties = {
	displayName: 'Put Output File in Field',
	name: 'output',
	type: 'string',
	required: true,
	default: 'data',
	hint: 'The name of the output binary field to put the file in',
};

const source: INodeProperties = {
	displayName: 'Source',
	name: 'source',
	type: 'options',
	options: [
		{ name: 'Prompt', value: 'prompt', description: 'A prompt of your own' },
		{ name: 'Generator', value: 'generator', description: 'A saved prompt with variables' },
	],
	default: 'prompt',
	description: 'What the video is made from',
};

export const parameters: INodeProperties[] = [
	...shown('video', ['make'], form('newVideo')),
	...shown('video', [AND_WAIT], [source]),
	...shown('video', [AND_WAIT], form('newVideo', [waitLimit]), { source: ['prompt'] }),
	...shown('video', [AND_WAIT], [...generator, ...form('newGeneratorVideo', [waitLimit])], { source: ['generator'] }),
	...shown('video', ['makeFromGenerator'], [...generator, ...form('newGeneratorVideo')]),
	...shown('video', ['continue', 'get', 'cancel', 'download'], [id('Video ID', 'id')]),
	...shown('video', ['continue'], form('newVideoTurn')),
	...shown('video', ['get'], [waitSeconds]),
	...shown('video', ['download'], [output]),

	...shown('project', ['create'], form('newProject')),
	...shown('project', ['chat', AND_WAIT, 'getTimeline'], [project]),
	...shown('project', ['chat'], form('newTurn')),
	...shown('project', ['chat'], [waitSeconds]),
	...shown('project', [AND_WAIT], form('newTurn', [waitLimit])),

	...shown('render', ['create', AND_WAIT], [project]),
	...shown('render', ['create'], form('newRender')),
	...shown('render', [AND_WAIT], form('newRender', [waitLimit])),
	...shown('render', ['get', 'download'], [id('Render ID', 'id')]),
	...shown('render', ['download'], [output]),

	...shown('upload', ['fromBinary'], [
		{
			displayName: 'Input Binary Field',
			name: 'input',
			type: 'string',
			required: true,
			default: 'data',
			hint: 'The name of the input binary field containing the file to be uploaded',
		},
		user,
	]),
	...shown('upload', ['fromUrl'], form('newImport')),
	...shown('upload', ['get'], [id('Upload ID', 'id')]),

	...shown('generator', ['getMany'], [
		{
			displayName: 'Return All',
			name: 'returnAll',
			type: 'boolean',
			default: false,
			description: 'Whether to return all results or only up to a given limit',
		},
		{
			displayName: 'Limit',
			name: 'limit',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 50,
			description: 'Max number of results to return',
			displayOptions: { show: { returnAll: [false] } },
		},
	]).map((property) =>
		property.name === 'limit'
			? {
					...property,
					displayOptions: { show: { ...property.displayOptions?.show, returnAll: [false] } },
				}
			: property,
	),

	...shown('userToken', ['create'], [
		{
			...id('User', 'userId'),
			description: 'Your own name for the user whom the token stands for',
		},
		...form('newUserToken').map((property) => ({
			...property,
			...(property.name === 'options' ? { options: FORMS.newUserToken.optional } : {}),
		})),
	]),

	...shown('request', ['send'], [
		{
			displayName: 'Method',
			name: 'method',
			type: 'options',
			options: ['DELETE', 'GET', 'PATCH', 'POST', 'PUT'].map((value) => ({ name: value, value })),
			default: 'GET',
		},
		{
			displayName: 'Path',
			name: 'path',
			type: 'string',
			required: true,
			default: '/v1/me',
			description: "Below the gateway's address",
		},
		{
			displayName: 'Query (JSON)',
			name: 'query',
			type: 'json',
			default: '{}',
		},
		{
			displayName: 'Body (JSON)',
			name: 'body',
			type: 'json',
			default: '{}',
			description: 'Not sent with GET and DELETE',
		},
		user,
	]),
];
