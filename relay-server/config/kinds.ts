// What a setting's text can be, and what is said about text that is not. Looks at no files.
import { isIP, type BlockList } from 'node:net';
import { readNetworks } from '../client-address.ts';
import { MAX_URL } from '#lib/protocol/limits.ts';
import { isRelayUrl } from '#lib/protocol/relay-address.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

/** From the text that was given to the value; the error continues a sentence: "… must be a number". */
export type Parse<T> = (text: string) => Result<T, string>;

const UNITS = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 } as const;

export const anyText: Parse<string> = (text) => ok(text);

/** One line that can be shown to people. */
export const shortText: Parse<string> = (text) =>
	text.length <= 200 && !/\p{Cc}/u.test(text)
		? ok(text)
		: err('must be one line of at most 200 characters');

export const flag: Parse<boolean> = (text) => {
	if (['1', 'true', 'yes', 'on'].includes(text)) return ok(true);
	if (['0', 'false', 'no', 'off'].includes(text)) return ok(false);
	return err('must be yes or no');
};

export const port: Parse<number> = (text) =>
	/^[0-9]{1,5}$/.test(text) && Number(text) <= 65_535
		? ok(Number(text))
		: err('must be a number from 0 to 65535');

/** `off`, or a port. */
export const portOrOff: Parse<number | 'off'> = (text) => (text === 'off' ? ok('off') : port(text));

/** IPv4 or IPv6. */
export const ipAddress: Parse<string> = (text) =>
	isIP(text) === 0 ? err('must be an IP address') : ok(text);

export const count: Parse<number> = (text) =>
	/^[1-9][0-9]{0,11}$/.test(text) ? ok(Number(text)) : err('must be a whole number above 0');

/** Bytes, with a unit of 1024s: `512M`, `8G`, `8GiB`. */
export const size: Parse<number> = (text) => {
	const found = /^([1-9][0-9]{0,11}) ?(?:([KMGT])(?:i?B)?|B)?$/i.exec(text);
	const unit = (found?.[2] ?? '').toUpperCase() as keyof typeof UNITS;
	const bytes = found === null ? NaN : Number(found[1]) * UNITS[unit];
	return Number.isSafeInteger(bytes) ? ok(bytes) : err('must be a size such as 512M or 8G');
};

export const oneOf =
	<const T extends string>(...words: readonly T[]): Parse<T> =>
	(text) => {
		const found = words.find((word) => word === text);
		return found === undefined ? err(`must be ${words.join(' or ')}`) : ok(found);
	};

export const webAddress: Parse<URL> = (text) => {
	const url = URL.parse(text);
	const good =
		url !== null &&
		/^(https?|wss?):$/.test(url.protocol) &&
		url.username === '' &&
		url.password === '' &&
		url.search === '';
	return good ? ok(url) : err('must be like https://relay.example');
};

/** As it is pasted into Manual Override. */
export const relayUrl: Parse<string> = (text) =>
	text.length <= MAX_URL && isRelayUrl(text)
		? ok(text)
		: err('must be like wss://relay.example/relay');

export const networks: Parse<BlockList> = (text) => {
	const read = readNetworks(text);
	return read === undefined ? err('must be like 127.0.0.1, 10.0.0.0/8') : ok(read);
};

export const postgresAddress: Parse<string> = (text) =>
	/^postgres(ql)?:$/.test(URL.parse(text)?.protocol ?? '')
		? ok(text)
		: err('must be like postgres://user:password@host/database');

export const optional =
	<T>(parse: Parse<T>): Parse<T | null> =>
	(text) =>
		text === '' ? ok(null) : parse(text);
