// Who is writing, as others are told and as they believe it.
import { beforeEach, describe, expect, it } from 'vitest';
import { createTyping, type TypingHere } from '#lib/messenger/typing.ts';
import { KIND } from '#lib/protocol/entry.ts';
import type { SpaceMessage } from '#lib/protocol/space-message.ts';
import { typingContent, type Typing } from '#lib/protocol/typing.ts';
import { toHex } from '#lib/util/bytes.ts';
import { carry, channelOf, crypto, level, say, write, type Device } from '../../support/devices.ts';
import { ban, fourDevices, shadowBan, type FourDevices } from '../../support/moderating.ts';
import { until } from '../../support/until.ts';

interface Writer {
	readonly device: Device;
	readonly signs: TypingHere;
	readonly said: Typing[];
	/** 'off' or not. */
	choose(choice: string): void;
}

describe('somebody who is writing', () => {
	let four: FourDevices;
	let alice: Writer;
	let bob: Writer;
	let blocked: Set<string>;
	let active: { size: number } | undefined;

	function writer(device: Device): Writer {
		const said: Typing[] = [];
		let choice: string | null = null;
		const listeners = new Set<(choice: string | null) => void>();
		const { space } = device;
		const crowded = (): typeof space => {
			if (active === undefined) return space;
			const authority = { ...space.ledger.authority, active };
			return { ...space, ledger: { ...space.ledger, authority } } as typeof space;
		};
		const signs = createTyping({
			clock: device.ports.clock,
			crypto,
			self: device.self,
			settings: {
				get: () => choice,
				watch(_, listener) {
					listeners.add(listener);
					return () => listeners.delete(listener);
				},
			},
			node: (key) =>
				key === space.key
					? {
							space: crowded(),
							self: device.self,
							post: {
								sendAll(message: SpaceMessage) {
									if (message.type === 'typing') said.push(message);
								},
							},
						}
					: undefined,
			isBlocked: (rootHash) => blocked.has(rootHash),
		});
		return {
			device,
			signs,
			said,
			choose(next) {
				choice = next;
				for (const listener of listeners) listener(next);
			},
		};
	}

	const channel = (by: Writer): string => toHex(channelOf(by.device));
	/** Types, and gives what was said of it, if anything was. */
	async function typing(by: Writer): Promise<Typing | undefined> {
		const before = by.said.length;
		by.signs.type(by.device.space.key, channel(by));
		for (let turn = 0; turn < 20 && by.said.length === before; turn++) {
			await new Promise((done) => setImmediate(done));
		}
		return by.said[before];
	}
	async function typed(by: Writer): Promise<Typing> {
		const said = await typing(by);
		if (said === undefined) throw new Error('nothing was said');
		return said;
	}
	const hear = (at: Writer, said: Typing): Promise<void> =>
		at.signs.take(at.device.space.key, said);
	const names = (at: Writer): string[] => at.signs.view.get().map(({ name }) => name);
	const wait = (ms: number): void => {
		four.world.clock.advance(ms);
	};
	async function signed(by: Writer, changed: Partial<Typing>, signer = by): Promise<Typing> {
		const content = { ...(await typed(by)), ...changed };
		wait(3000);
		return { ...content, signature: await signer.device.self.device.sign(typingContent(content)) };
	}

	beforeEach(async () => {
		four = await fourDevices();
		blocked = new Set();
		active = undefined;
		[alice, bob] = [writer(four.alice), writer(four.bob)];
	});

	it('[TY1] says so every three seconds at most, and nothing of it is kept', async () => {
		const rows = [alice, bob].map(({ device }) => device.disk.rows());
		let said = 0;
		for (let ms = 0; ms < 9000; ms += 300) {
			if ((await typing(bob)) !== undefined) said += 1;
			wait(300);
		}
		expect(said).toBe(3);
		for (const each of bob.said) {
			await hear(alice, each);
			wait(1000);
		}
		expect([alice, bob].map(({ device }) => device.disk.rows())).toEqual(rows);
		const times = bob.said.map(({ time }) => time);
		expect([...new Set(times)].sort((a, b) => a - b)).toEqual(times);
	});

	it('[TY2] is shown for six seconds after the last time', async () => {
		await hear(alice, await typed(bob));
		expect(alice.signs.view.get()).toEqual([
			{
				space: bob.device.space.key,
				channel: channel(bob),
				rootHash: toHex(bob.device.self.rootHash),
				name: 'Bob',
			},
		]);
		wait(4000);
		await hear(alice, await typed(bob));
		wait(5999);
		expect(names(alice)).toEqual(['Bob']);
		wait(1);
		expect(names(alice)).toEqual([]);
	});

	it('[TY2] is no longer when the message has come, and not by what was said before it', async () => {
		const first = await typed(bob);
		await hear(alice, first);
		wait(3000);
		const late = await typed(bob);
		wait(10);
		const entry = await say(bob.device, 'here it is');
		await carry([entry.packet], alice.device);
		alice.signs.onPlaced(alice.device.space.key, alice.device.changes.at(-1)?.placed ?? []);
		expect(names(alice)).toEqual([]);
		wait(2000);
		await hear(alice, late);
		expect(names(alice)).toEqual([]);
		wait(3000);
		await hear(alice, await typed(bob));
		expect(names(alice)).toEqual(['Bob']);
	});

	it('[TY2] is passed over when it is a replay, badly signed, or of elsewhere', async () => {
		const first = await typed(bob);
		await hear(alice, first);
		wait(7000);
		await hear(alice, first);
		expect(names(alice)).toEqual([]);
		const mallory = writer(four.carol);
		const wrong = [
			await signed(bob, {}, mallory),
			await signed(bob, { space: crypto.sha256(first.space) }),
			await signed(bob, { channel: crypto.sha256(first.channel) }),
			await signed(bob, { time: first.time + 3 * 3_600_000 }),
			await signed(bob, { device: crypto.sha256(first.device) }),
		];
		for (const each of wrong) {
			wait(1000);
			await hear(alice, each);
			expect(names(alice)).toEqual([]);
		}
		wait(3000);
		await hear(alice, await typed(bob));
		expect(names(alice)).toEqual(['Bob']);
	});

	it('[TY2] is looked at once a second', async () => {
		const said = [await typed(bob)];
		for (let n = 0; n < 3; n++) {
			wait(3000);
			said.push(await typed(bob));
		}
		let looked = 0;
		const { clock } = four.world;
		const signs = createTyping({
			...{ clock, self: alice.device.self, isBlocked: () => false },
			crypto: {
				verify(...of) {
					looked += 1;
					return crypto.verify(...of);
				},
			},
			settings: { get: () => null, watch: () => () => undefined },
			node: () => ({
				space: alice.device.space,
				self: alice.device.self,
				post: { sendAll: () => undefined },
			}),
		});
		for (const each of said) await signs.take(alice.device.space.key, each);
		expect(looked).toBe(1);
		signs.stop();
	});

	it('[TY3] is nobody’s business in a large space', async () => {
		const said = await typed(bob);
		wait(3000);
		active = { size: 34, has: () => true } as { size: number };
		expect(await typing(bob)).toBeUndefined();
		await hear(alice, said);
		expect(names(alice)).toEqual([]);
		active = { size: 33, has: () => true } as { size: number };
		expect(await typing(bob)).toBeDefined();
		await hear(alice, said);
		expect(names(alice)).toEqual(['Bob']);
	});

	it('[TY4] neither says nor hears it who doesn’t want it', async () => {
		await hear(alice, await typed(bob));
		expect(names(alice)).toEqual(['Bob']);
		alice.choose('off');
		expect(names(alice)).toEqual([]);
		wait(3000);
		await hear(alice, await typed(bob));
		expect(names(alice)).toEqual([]);
		expect(await typing(alice)).toBeUndefined();
		alice.choose('on');
		expect(await typing(alice)).toBeDefined();
	});

	it('[TY5] is not shown of the blocked, the shadow-banned, the banned, or oneself', async () => {
		blocked.add(toHex(bob.device.self.rootHash));
		await hear(alice, await typed(bob));
		expect(names(alice)).toEqual([]);
		blocked.clear();
		wait(3000);
		await hear(bob, await typed(bob));
		expect(names(bob)).toEqual([]);
		const carol = writer(four.carol);
		wait(10);
		const sealed = await shadowBan(alice.device, bob.device);
		await carry([sealed.packet], carol.device);
		wait(3000);
		const hidden = await typed(bob);
		for (const at of [alice, carol]) {
			await hear(at, hidden);
			expect(names(at)).toEqual([]);
		}
		wait(3000);
		await hear(alice, await typed(carol));
		expect(names(alice)).toEqual(['Carol']);
		wait(10_000);
		await ban(alice.device, carol.device);
		const banned = await typed(carol);
		await hear(alice, banned);
		expect(names(alice)).toEqual([]);
	});

	it('[TY5] is not said where one may not write any more', async () => {
		await level(four.alice, four.bob);
		await write(bob.device, { kind: KIND.leave });
		expect(await typing(bob)).toBeUndefined();
		await until(() => {
			expect(bob.said).toEqual([]);
		});
	});
});
