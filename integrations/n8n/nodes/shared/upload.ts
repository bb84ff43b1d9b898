/** Uploads of binary fields, in requests of at most 32 MB, so that memory stays bounded whatever the file's size. */
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { ask, askJson, create } from './transport';

/** Bytes of one request. Chosen: the gateway takes at most 95 MB in one. */
const CHUNK_BYTES = 32 * 1024 * 1024;

type Source = { bytes: number; chunks: AsyncIterable<Buffer> };

async function* whole(buffer: Buffer): AsyncGenerator<Buffer> {
	yield buffer;
}

async function sourceOf(context: IExecuteFunctions, item: number, field: string): Promise<Source> {
	const binary = context.helpers.assertBinaryData(item, field);
	if (binary.id === undefined) {
		const buffer = Buffer.from(binary.data, 'base64');
		return { bytes: buffer.length, chunks: whole(buffer) };
	}
	const { fileSize } = await context.helpers.getBinaryMetadata(binary.id);
	return { bytes: fileSize, chunks: await context.helpers.getBinaryStream(binary.id) };
}

/** The same bytes in chunks of the same size; only the last is shorter. */
async function* inChunks(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
	let waiting: Buffer[] = [];
	let size = 0;
	for await (const chunk of chunks) {
		for (let from = 0; from < chunk.length; ) {
			const part = chunk.subarray(from, from + CHUNK_BYTES - size);
			waiting.push(part);
			size += part.length;
			from += part.length;
			if (size < CHUNK_BYTES) continue;
			yield Buffer.concat(waiting);
			waiting = [];
			size = 0;
		}
	}
	if (size > 0) yield Buffer.concat(waiting);
}

/** Uploads a binary field and returns the upload. A repeated try continues where the gateway has the bytes up to. */
export async function uploadBinary(
	context: IExecuteFunctions,
	item: number,
	field: string,
	headers: IDataObject,
): Promise<IDataObject> {
	const binary = context.helpers.assertBinaryData(item, field);
	const { bytes, chunks } = await sourceOf(context, item, field);
	const body = { filename: binary.fileName ?? 'file', size_bytes: bytes };
	const upload = await create(context, item, '/v1/uploads', body, { headers });
	const path = `/v1/uploads/${String(upload.id)}`;
	const { offset_bytes: stored } = await askJson(context, { path, headers, item });
	let offset = 0;
	for await (const chunk of inChunks(chunks)) {
		const end = offset + chunk.length;
		if (end > Number(stored)) {
			const from = Math.max(offset, Number(stored));
			await ask(context, {
				method: 'PATCH',
				path,
				body: chunk.subarray(from - offset),
				headers: {
					...headers,
					'Content-Type': 'application/offset+octet-stream',
					'Tus-Resumable': '1.0.0',
					'Upload-Offset': String(from),
				},
				item,
			});
		}
		offset = end;
	}
	return await askJson(context, { path, headers, item });
}
