// What each party reads of a packet: the relay by decoding its frame, a person by what their device has really opened.
import type { Witness } from '#lib/simulation/witness.ts';
import type { Passing } from '#lib/simulation/wire.ts';
import { unpad } from '#lib/protocol/block.ts';
import { decodeContent, type Content } from '#lib/protocol/content.ts';
import { decodeHeader, KIND, type Packet as EntryPacket } from '#lib/protocol/entry.ts';
import type { SealedContent } from '#lib/protocol/moderation.ts';
import { decodeFileFrame } from '#lib/protocol/file-frame.ts';
import { decodeLinkFrame } from '#lib/protocol/link-frame.ts';
import { decodeClientFrame, decodeRelayFrame } from '#lib/protocol/mailbox.ts';
import { decodeEnvelope, type Envelope } from '#lib/protocol/space-message.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Line, LineName, PacketKind, Reading } from './recording.ts';

export interface Parties {
	isRelay(name: string): boolean;
	/** What this node could open; undefined for somebody unknown. */
	witness(node: string): Witness | undefined;
	/** The name behind a Root Hash or a device's key. */
	nameOf(key: Bytes): string;
}

interface Read {
	readonly kind: PacketKind;
	readonly readings: readonly Reading[];
}

/** How much of something long is shown, in bytes. */
const SHOWN = 24;
const NONCE = 24;
const EPHEMERAL = 32;

const hex = (bytes: Uint8Array, most = SHOWN): string =>
	toHex(bytes.subarray(0, most)) + (bytes.length > most ? '…' : '');
const line = (name: LineName, value: string | number): Line => ({ name, value: String(value) });
const kindNames = new Map<number, string>(Object.entries(KIND).map(([name, kind]) => [kind, name]));

const HANDSHAKE = new Set([
	'greet',
	'hello',
	'open',
	'add',
	'prove',
	'token',
	'subscribe',
	'enter',
]);
const TELLING = new Set(['presence', 'waiting', 'status', 'stat', 'error', 'draining', 'closed']);

export function readPacket(passing: Passing, parties: Parties): Read {
	if (passing.over === 'check') {
		const lines = [line('says', 'check'), line('content', hex(passing.frame))];
		return { kind: 'check', readings: [{ who: '', lines }] };
	}
	return passing.over === 'relay' ? readRelayed(passing, parties) : readDirect(passing, parties);
}

const outside = (frame: Bytes): Reading => ({ who: '', lines: [line('size', frame.length)] });

function readRelayed(passing: Passing, parties: Parties): Read {
	const { from, to, frame } = passing;
	const isAsked = parties.isRelay(to);
	const decoded = isAsked ? decodeClientFrame(frame) : decodeRelayFrame(frame);
	if (!decoded.ok) return { kind: 'sealed', readings: [outside(frame)] };
	const { value } = decoded;
	const lines = [line(isAsked ? 'asks' : 'says', value.type)];
	if ('mailbox' in value) lines.push(line('mailbox', hex(value.mailbox, 8)));
	if ('packet' in value && value.packet instanceof Uint8Array)
		lines.push(line('packet', hex(value.packet, 8)));
	if (value.type === 'put') {
		if (value.to !== null) lines.push(line('recipients', value.to.length));
		lines.push(line('keeps', value.ttl));
	}
	const relay: Reading = { who: isAsked ? to : from, lines };
	if (value.type === 'chunk') {
		lines.push(line('size', value.bytes.length), line('content', hex(value.bytes)));
		return { kind: 'file', readings: [outside(frame), relay] };
	}
	if (!('block' in value)) {
		const kind =
			value.type === 'ping' || value.type === 'pong'
				? 'beat'
				: HANDSHAKE.has(value.type) || TELLING.has(value.type)
					? 'setup'
					: 'receipt';
		return { kind, readings: [outside(frame), relay] };
	}
	lines.push(line('size', value.block.length), line('content', hex(value.block)));
	const person = isAsked ? from : to;
	const witness = parties.witness(person);
	const opened = witness && openBlock(witness, value.block);
	if (!witness || !opened) return { kind: 'sealed', readings: [outside(frame), relay] };
	const { kind, lines: inside } = readEnvelope(opened, witness, parties);
	return { kind, readings: [outside(frame), relay, { who: person, lines: inside }] };
}

/** The envelope in a block, if this party has had it open. */
function openBlock(witness: Witness, block: Bytes): Bytes | undefined {
	for (const before of [NONCE, EPHEMERAL]) {
		const padded = witness.inside(block.subarray(before));
		if (padded !== undefined) return unpad(padded);
	}
	return undefined;
}

function readDirect({ from, to, frame }: Passing, parties: Parties): Read {
	const decoded = decodeLinkFrame(frame);
	if (!decoded.ok) return readOfFile(frame, [from, to]);
	const { value } = decoded;
	const both = (kind: PacketKind, lines: readonly Line[]): Read => ({
		kind,
		readings: [outside(frame), { who: from, lines }, { who: to, lines }],
	});
	if (value.type === 'ping' || value.type === 'pong')
		return both('beat', [line('says', value.type)]);
	if (value.type === 'hello') {
		return both('setup', [line('says', 'hello-link'), line('from', parties.nameOf(value.device))]);
	}
	if (value.type === 'meet') return both('control', [line('says', 'meet')]);
	const readings = [outside(frame)];
	let kind: PacketKind = 'sealed';
	for (const who of [from, to]) {
		const witness = parties.witness(who);
		if (witness === undefined) continue;
		const read = readEnvelope(value.envelope, witness, parties);
		kind = read.kind;
		readings.push({ who, lines: read.lines });
	}
	return { kind, readings };
}

/** Files go by a channel of their own: what is asked for, and sealed pieces. */
function readOfFile(frame: Bytes, ends: readonly string[]): Read {
	const decoded = decodeFileFrame(frame);
	if (!decoded.ok) return { kind: 'sealed', readings: [outside(frame)] };
	const { value } = decoded;
	const lines = [line('says', value.type)];
	if (value.type === 'piece') {
		lines.push(line('size', value.bytes.length), line('content', hex(value.bytes)));
	}
	return { kind: 'file', readings: [outside(frame), ...ends.map((who) => ({ who, lines }))] };
}

function readEnvelope(
	bytes: Bytes,
	witness: Witness,
	parties: Parties,
): { kind: PacketKind; lines: readonly Line[] } {
	const decoded = decodeEnvelope(bytes);
	// What is in the lobby's blocks is no envelope: somebody asks to be let in, or is answered.
	if (!decoded.ok) return { kind: 'control', lines: [line('says', 'lobby')] };
	const { from, hops, message }: Envelope = decoded.value;
	const lines = [line('from', parties.nameOf(from)), line('says', message.type)];
	// Members hand on what is for others.
	if (hops > 0) lines.push(line('hops', hops));
	if (message.type === 'records') {
		for (const { device, linked } of message.records.slice(0, MOST_ENTRIES)) {
			lines.push(line('about', parties.nameOf(device)));
			lines.push(line('linked', linked.map((name) => parties.nameOf(name)).join(', ') || '–'));
		}
	}
	if (message.type !== 'entries') {
		return { kind: message.type === 'signal' ? 'signal' : 'word', lines };
	}
	let kind: PacketKind = 'control';
	for (const packet of message.packets.slice(0, MOST_ENTRIES)) {
		const read = readEntry(packet, witness, parties);
		if (read.isMessage) kind = 'message';
		lines.push(...read.lines);
	}
	return { kind, lines };
}

const MOST_ENTRIES = 6;

function readEntry(packet: EntryPacket, witness: Witness, parties: Parties) {
	const header = decodeHeader(packet.header);
	if (!header.ok) return { isMessage: false, lines: [] };
	const { kind, author, seq } = header.value;
	const lines = [
		line('entry', kindNames.get(kind) ?? kind),
		line('from', parties.nameOf(author)),
		line('number', seq + 1),
	];
	if (packet.wraps !== null) lines.push(line('boxes', packet.wraps.boxes.length));
	const plain = packet.body === null ? undefined : witness.inside(packet.body);
	const content = plain && decodeContent(kind, plain);
	if (content?.ok === true) lines.push(...contentLines(content.value, parties));
	else if (packet.body !== null) lines.push(line('body', hex(packet.body)));
	return { isMessage: kind === KIND.message, lines };
}

function contentLines(content: Content, { nameOf }: Parties): readonly Line[] {
	switch (content.kind) {
		case KIND.message:
			return [
				line('text', content.text),
				...(content.attachment?.files ?? []).map(({ name }) => line('file', name)),
			];
		case KIND.ban:
			return [line('about', nameOf(content.target)), line('reason', content.reason)];
		case KIND.tombstone:
			return [line('about', nameOf(content.author)), line('reason', content.reason)];
		case KIND.genesis:
		case KIND.channel:
			return [line('name', content.name)];
		case KIND.sealed:
			return content.content === null ? [] : sealedLines(content.content, nameOf);
		default:
			return [];
	}
}

function sealedLines(content: SealedContent, nameOf: Parties['nameOf']): readonly Line[] {
	const says = line('says', content.type);
	if (content.type === 'shadow-unban') return [says];
	const whom = content.type === 'shadow-ban' ? content.target : content.author;
	return [says, line('about', nameOf(whom)), line('reason', content.reason)];
}
