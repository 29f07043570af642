// Two devices on a link: what each says for the spaces they share, and what nobody else can say.
import { beforeEach, describe, expect, it } from 'vitest';
import {
	startLiveLink,
	type LinkedSpace,
	type LiveLink,
} from '#lib/messenger/delivery/live-link.ts';
import type { DirectLink } from '#lib/ports/direct-dialer.ts';
import { decodeLinkFrame, encodeLinkFrame, type LinkFrame } from '#lib/protocol/link-frame.ts';
import { utf8, utf8ToText, type Bytes } from '#lib/util/bytes.ts';
import { createDevices, type Device } from '../../support/devices.ts';

const ATTEMPT = 'ab'.repeat(16);
const key = (n: number): Bytes => new Uint8Array(32).fill(n);

/** One end of a link; what it sends goes to `to` at once. */
interface End {
	readonly link: DirectLink;
	readonly sent: LinkFrame[];
	to: End | undefined;
	closed: string | undefined;
}

function end(): End {
	const made: End = {
		sent: [],
		to: undefined,
		closed: undefined,
		link: {
			onFrame: undefined,
			onClose: undefined,
			send(frame) {
				const decoded = decodeLinkFrame(frame);
				if (decoded.ok) made.sent.push(decoded.value);
				made.to?.link.onFrame?.(new Uint8Array(frame));
			},
			buffered: () => 0,
			close(reason) {
				made.closed ??= reason;
			},
			roundTrip: () => undefined,
			openFiles: () => Promise.resolve(undefined),
			onFiles: undefined,
			route: () => Promise.resolve('host'),
		},
	};
	return made;
}

interface Side {
	readonly end: End;
	readonly live: LiveLink;
	readonly members: string[];
	readonly heard: string[];
}

describe('a link between two devices', () => {
	let alice: Device;
	let bob: Device;

	beforeEach(async () => {
		const world = createDevices(11);
		[alice, bob] = [await world.device('Alice'), await world.device('Bob')];
	});

	/** A space as one of them has it. */
	const space = (name: string, secret: Bytes, ...members: readonly Device[]): LinkedSpace => ({
		key: name,
		spaceKey: secret,
		has: (device) => members.some((member) => member.key === device),
	});

	function start(
		own: Device,
		other: Device,
		spaces: () => readonly LinkedSpace[],
		made = end(),
	): Side {
		const [members, heard]: [string[], string[]] = [[], []];
		const live = startLiveLink(own.ports, own.self, other.key, made.link, ATTEMPT, {
			spaces,
			onMember: (name) => members.push(name),
			onEnvelope: (name, envelope) => heard.push(`${name}: ${utf8ToText(envelope) ?? '?'}`),
			onFiles: () => undefined,
			onChange: () => undefined,
			onClose: () => undefined,
		});
		return { end: made, live, members, heard };
	}

	function connect(
		hers: () => readonly LinkedSpace[],
		his: () => readonly LinkedSpace[],
	): [Side, Side] {
		const [a, b] = [end(), end()];
		[a.to, b.to] = [b, a];
		const sides: [Side, Side] = [start(alice, bob, hers, a), start(bob, alice, his, b)];
		return sides;
	}

	const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

	it('[LK2] carries the spaces that both are members of, once both have said so', async () => {
		const shared = (): readonly LinkedSpace[] => [space('friends', key(1), alice, bob)];
		const [hers, his] = connect(shared, shared);
		hers.live.send('friends', utf8('too early'));
		hers.live.greet();
		await settled();
		expect(hers.live.carries('friends')).toBe(true);
		expect(his.live.carries('friends')).toBe(true);
		expect([hers.members, his.members]).toEqual([['friends'], ['friends']]);
		hers.live.send('friends', utf8('hello'));
		expect(his.heard).toEqual(['friends: hello']);
	});

	it('[LK2] tells nothing of the spaces that the other is no member of', async () => {
		const hers = (): readonly LinkedSpace[] => [
			space('secret', key(2), alice),
			space('friends', key(1), alice, bob),
		];
		const [side] = connect(hers, () => [space('friends', key(1), alice, bob)]);
		side.live.greet();
		await settled();
		expect(side.end.sent.filter(({ type }) => type === 'hello')).toHaveLength(1);
		expect(side.live.carries('secret')).toBe(false);
	});

	it('[LK2] takes nothing from somebody who does not know the space’s key', async () => {
		const [hers, his] = connect(
			() => [space('friends', key(1), alice, bob)],
			() => [space('friends', key(9), alice, bob)],
		);
		hers.live.greet();
		his.live.greet();
		await settled();
		his.live.send('friends', utf8('let me in'));
		expect(hers.heard).toEqual([]);
		expect(hers.live.carries('friends')).toBe(false);
	});

	it('[LK2] takes nothing in another device’s name, from another attempt, or by another’s signature', async () => {
		const shared = (): readonly LinkedSpace[] => [space('friends', key(1), alice, bob)];
		const [, his] = connect(shared, shared);
		his.live.greet();
		await settled();
		const hello = his.end.sent.find((frame) => frame.type === 'hello');
		if (hello?.type !== 'hello') throw new Error('no hello');
		const envelope = utf8('hello');
		const forgeries: LinkFrame[] = [
			{ ...hello, device: alice.self.device.publicKey },
			{ ...hello, tag: key(3) },
			{ ...hello, signature: new Uint8Array(64) },
			{ ...hello, signature: await alice.self.device.sign(hello.tag) },
		];
		for (const forged of forgeries) {
			const side = start(alice, bob, shared);
			side.end.link.onFrame?.(encodeLinkFrame(forged));
			await settled();
			const { tag } = forged.type === 'hello' ? forged : hello;
			side.end.link.onFrame?.(encodeLinkFrame({ type: 'space', tag, envelope }));
			expect(side.heard).toEqual([]);
			expect(side.members).toEqual([]);
		}
		// The same words on a link of another name.
		const elsewhere = end();
		const heard: string[] = [];
		startLiveLink(alice.ports, alice.self, bob.key, elsewhere.link, 'cd'.repeat(16), {
			spaces: shared,
			onMember: () => undefined,
			onEnvelope: (name) => heard.push(name),
			onFiles: () => undefined,
			onChange: () => undefined,
			onClose: () => undefined,
		});
		elsewhere.link.onFrame?.(encodeLinkFrame(hello));
		await settled();
		elsewhere.link.onFrame?.(encodeLinkFrame({ type: 'space', tag: hello.tag, envelope }));
		expect(heard).toEqual([]);
	});

	it('[LK2] believes a hello once it hears that its device was let in', async () => {
		let hers: readonly LinkedSpace[] = [space('friends', key(1), alice)];
		const [side, his] = connect(
			() => hers,
			() => [space('friends', key(1), alice, bob)],
		);
		his.live.greet();
		await settled();
		expect(side.live.carries('friends')).toBe(false);
		hers = [space('friends', key(1), alice, bob)];
		side.live.greet();
		await settled();
		expect(side.live.carries('friends')).toBe(true);
		expect(his.live.carries('friends')).toBe(true);
	});

	it('[LK1] ends with anything that is no frame', () => {
		const side = start(alice, bob, () => []);
		side.end.link.onFrame?.(new Uint8Array([1, 2, 3]));
		expect(side.end.closed).toBe('malformed frame');
	});
});
