/** The signature of a webhook, as Standard Webhooks specifies it. */
import { createHmac, timingSafeEqual } from 'crypto';

const TOLERANCE_SECONDS = 300;

/** Whether one of the signatures is that of the body by this secret, made within five minutes of now. */
export function isSigned(
	secret: string,
	headers: Record<string, string | string[] | undefined>,
	body: Buffer,
	nowSeconds: number,
): boolean {
	const id = String(headers['webhook-id'] ?? '');
	const at = String(headers['webhook-timestamp'] ?? '');
	if (!/^\d+$/.test(at) || Math.abs(nowSeconds - Number(at)) > TOLERANCE_SECONDS) return false;
	const key = Buffer.from(secret.trim().replace(/^whsec_/, ''), 'base64');
	const wanted = createHmac('sha256', key)
		.update(Buffer.concat([Buffer.from(`${id}.${at}.`), body]))
		.digest();
	return String(headers['webhook-signature'] ?? '')
		.split(' ')
		.filter((one) => one.startsWith('v1,'))
		.some((one) => {
			const given = Buffer.from(one.slice('v1,'.length), 'base64');
			return given.length === wanted.length && timingSafeEqual(given, wanted);
		});
}
