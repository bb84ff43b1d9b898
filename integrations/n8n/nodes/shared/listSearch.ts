/** What the lists of the node's form show. */
import type {
	IDataObject,
	ILoadOptionsFunctions,
	INodeListSearchResult,
	ResourceMapperFields,
} from 'n8n-workflow';
import { askJson } from './transport';

const PAGE = 100;

const list = (value: unknown): IDataObject[] => (Array.isArray(value) ? (value as IDataObject[]) : []);

/** One page of a list whose names contain the filter. */
async function search(
	context: ILoadOptionsFunctions,
	path: string,
	filter = '',
	after?: string,
): Promise<INodeListSearchResult> {
	const page = await askJson(context, { path, qs: { limit: PAGE, after } });
	const results = list(page.data)
		.map(({ id, name }) => ({ name: String(name ?? id), value: String(id) }))
		.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()));
	return { results, paginationToken: page.has_more === true ? page.next_cursor : undefined };
}

export async function searchGenerators(
	this: ILoadOptionsFunctions,
	filter?: string,
	after?: string,
): Promise<INodeListSearchResult> {
	return await search(this, '/v1/generators', filter, after);
}

export async function searchProjects(
	this: ILoadOptionsFunctions,
	filter?: string,
	after?: string,
): Promise<INodeListSearchResult> {
	return await search(this, '/v1/projects', filter, after);
}

/** A field for each variable of the chosen generator. Values are text: the gateway reads them by the variable's type. */
export async function getVariables(this: ILoadOptionsFunctions): Promise<ResourceMapperFields> {
	const given = this.getCurrentNodeParameter('generator') as string | { value?: string } | undefined;
	const generator = String((typeof given === 'object' ? given.value : given) ?? '').trim();
	if (generator === '') return { fields: [] };
	const found = await askJson(this, { path: `/v1/generators/${encodeURIComponent(generator)}` });
	const fields = list(found.variables).map(({ name, type, description, choices, default: value }) => ({
		id: String(name),
		displayName: description ? `${String(name)} (${String(description)})` : String(name),
		required: value === null || value === undefined,
		defaultMatch: false,
		display: true,
		canBeUsedToMatch: false,
		type: type === 'choice' ? ('options' as const) : ('string' as const),
		options: (Array.isArray(choices) ? choices : []).map((one) => ({ name: String(one), value: String(one) })),
	}));
	return { fields };
}
