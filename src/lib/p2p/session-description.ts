// SDP of a connection that carries one data channel and nothing else: read from the browser's own description, and
// written anew for the other side's. A description is never passed on, so a hostile peer has no line of it to write. [DL3]
import { fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';

/** Half of a description that the other side needs. What is the same for everybody is not in it. */
export interface SessionHalf {
	readonly ufrag: string;
	readonly password: string;
	/** SHA-256 of the DTLS certificate, 32 bytes. */
	readonly fingerprint: Bytes;
	readonly setup: Setup;
	readonly candidates: readonly Candidate[];
}

/** DTLS role: an offer leaves it open (actpass), an answer takes one. */
export type Setup = 'actpass' | 'active' | 'passive';

/**
 * A UDP address to try. mdns: host, known by the 16 bytes of its `UUID.local` name. Otherwise 4 or 16 bytes of IP.
 * TCP is left out: browsers only have active ends of it, and two of those never meet.
 */
export interface Candidate {
	readonly kind: 'host' | 'srflx' | 'relay' | 'mdns';
	readonly address: Bytes;
	readonly port: number;
}

export const MAX_CANDIDATES = 12;

/** ice-char of RFC 8839 §5.4, with bounds tighter than its 256. */
export const isUfrag = (text: string): boolean => /^[A-Za-z0-9+/]{4,32}$/.test(text);
export const isPassword = (text: string): boolean => /^[A-Za-z0-9+/]{22,64}$/.test(text);

/** What this browser's own description says; undefined when something needed is missing. */
export function readDescription(
	sdp: string,
): { readonly half: SessionHalf; readonly mid: string } | undefined {
	const ufrag = attribute(sdp, 'ice-ufrag');
	const password = attribute(sdp, 'ice-pwd');
	const setup = attribute(sdp, 'setup');
	const fingerprint = fromHex(
		(attribute(sdp, 'fingerprint') ?? '').replace(/^sha-256 /i, '').replaceAll(':', ''),
	);
	if (ufrag === undefined || !isUfrag(ufrag)) return undefined;
	if (password === undefined || !isPassword(password)) return undefined;
	if (setup !== 'actpass' && setup !== 'active' && setup !== 'passive') return undefined;
	if (fingerprint?.length !== 32) return undefined;
	const candidates = [...sdp.matchAll(/^a=candidate:(.*?)\r?$/gm)]
		.map(([, line]) => readCandidate(line ?? ''))
		.filter((candidate) => candidate !== undefined);
	return {
		half: { ufrag, password, fingerprint, setup, candidates: mostUseful(candidates) },
		mid: attribute(sdp, 'mid') ?? '0',
	};
}

/** The description of the other side. `mid` names the media section and is the one of the offer. */
export function writeDescription(half: SessionHalf, mid: string): string {
	const fingerprint = toHex(half.fingerprint).toUpperCase().match(/../g)?.join(':') ?? '';
	return [
		'v=0',
		'o=- 1 1 IN IP4 127.0.0.1',
		's=-',
		't=0 0',
		`a=group:BUNDLE ${mid}`,
		'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
		'c=IN IP4 0.0.0.0',
		`a=mid:${mid}`,
		`a=ice-ufrag:${half.ufrag}`,
		`a=ice-pwd:${half.password}`,
		`a=fingerprint:sha-256 ${fingerprint}`,
		`a=setup:${half.setup}`,
		'a=sctp-port:5000',
		'a=max-message-size:262144',
		...half.candidates.map(writeCandidate),
		'a=end-of-candidates',
		'',
	].join('\r\n');
}

const attribute = (sdp: string, name: string): string | undefined =>
	new RegExp(`^a=${name}:(.*?)\\r?$`, 'm').exec(sdp)?.[1];

/** RFC 8839 §5.1: foundation, component, transport, priority, address, port, `typ`, type. */
function readCandidate(line: string): Candidate | undefined {
	const [, component, transport, , address = '', port, , type] = line.split(' ');
	if (component !== '1' || transport?.toLowerCase() !== 'udp') return undefined;
	const number = Number(port);
	if (!Number.isInteger(number) || number < 1 || number > 65_535) return undefined;
	const uuid = /^([0-9a-f-]{36})\.local$/i.exec(address)?.[1];
	if (uuid !== undefined) {
		const bytes = fromHex(uuid.replaceAll('-', ''));
		return type === 'host' && bytes?.length === 16
			? { kind: 'mdns', address: bytes, port: number }
			: undefined;
	}
	if (type !== 'host' && type !== 'srflx' && type !== 'relay') return undefined;
	const ip = readIp(address);
	return ip && { kind: type, address: ip, port: number };
}

/** As many as a signal holds; where there are more, an address of each kind is worth more than a tenth host address. */
function mostUseful(candidates: readonly Candidate[]): readonly Candidate[] {
	if (candidates.length <= MAX_CANDIDATES) return candidates;
	const direct = candidates.filter(({ kind }) => kind === 'host' || kind === 'mdns');
	const seen = candidates.filter(({ kind }) => kind === 'srflx' || kind === 'relay');
	const half = MAX_CANDIDATES / 2;
	const room = MAX_CANDIDATES - Math.min(half, seen.length);
	return [...direct.slice(0, room), ...seen].slice(0, MAX_CANDIDATES);
}

/** Type preferences of RFC 8445 §5.1.2.2. */
const PREFERENCE = { host: 126, mdns: 126, srflx: 100, relay: 0 } as const;

function writeCandidate({ kind, address, port }: Candidate, index: number): string {
	const priority = PREFERENCE[kind] * 2 ** 24 + (65_535 - index) * 2 ** 8 + 255;
	const host = kind === 'mdns' ? `${writeUuid(address)}.local` : writeIp(address);
	const start = `a=candidate:${index + 1} 1 udp ${priority} ${host} ${port}`;
	if (kind === 'host' || kind === 'mdns') return `${start} typ host`;
	return `${start} typ ${kind} raddr 0.0.0.0 rport 9`;
}

const writeUuid = (bytes: Uint8Array): string =>
	toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** 4 or 16 bytes of an IP address in text, or undefined. */
function readIp(text: string): Bytes | undefined {
	const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
	if (v4 !== undefined) return v4.every((part) => part < 256) ? Uint8Array.from(v4) : undefined;
	const halves = text.split('::');
	if (halves.length > 2 || !text.includes(':')) return undefined;
	const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
	const missing = 8 - head.length - tail.length;
	if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
	const groups = [...head, ...Array<string>(missing).fill('0'), ...tail];
	if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
	return fromHex(groups.map((group) => group.padStart(4, '0')).join(''));
}

function writeIp(bytes: Uint8Array): string {
	if (bytes.length === 4) return bytes.join('.');
	return toHex(bytes).match(/.{4}/g)?.join(':') ?? '';
}
