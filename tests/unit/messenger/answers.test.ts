// Answers to those who ask to be let in: by whom they are, for whom, and in as many blocks as they take.
import { beforeAll, describe, expect, it } from 'vitest';
import { sealTo } from '#lib/crypto/seal.ts';
import { encodeAnswer, openBlock, readAnswer } from '#lib/messenger/joining/answers.ts';
import { REFUSAL } from '#lib/protocol/lobby.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { createDevices, crypto, type Device } from '../../support/devices.ts';

const id = (n: number): Bytes => new Uint8Array(32).fill(n);
const asker = { space: id(1), tokenHash: id(2) };
const reply = { type: 'refused', reason: REFUSAL.spent } as const;

describe('an answer', () => {
	let bob: Device;
	let mallory: Device;
	beforeAll(async () => {
		const world = createDevices(5);
		[bob, mallory] = [await world.device('Bob'), await world.device('Mallory')];
	});

	const wholeBy = async (by: Device): Promise<Bytes> => {
		const [whole] = await encodeAnswer(crypto, by.self, asker, reply);
		if (whole === undefined) throw new Error('nothing');
		return whole;
	};

	it('[IN8] names the device and the person that give it', async () => {
		expect(await readAnswer(crypto, asker, await wholeBy(bob))).toEqual({
			reply,
			device: bob.self.device.publicKey,
			rootHash: bob.self.rootHash,
		});
	});

	it('[IN8] is worth nothing to another asker, in another space, or changed', async () => {
		const whole = await wholeBy(bob);
		expect(await readAnswer(crypto, { ...asker, tokenHash: id(3) }, whole)).toBeUndefined();
		expect(await readAnswer(crypto, { ...asker, space: id(3) }, whole)).toBeUndefined();
		const changed = whole.slice();
		changed[whole.length - 1] = REFUSAL.full;
		expect(await readAnswer(crypto, asker, changed)).toBeUndefined();
	});

	it('[IN8] can’t be given with somebody else’s certificate', async () => {
		const stolen = { ...mallory.self, member: bob.self.member };
		const [whole] = await encodeAnswer(crypto, stolen, asker, reply);
		expect(whole && (await readAnswer(crypto, asker, whole))).toBeUndefined();
	});

	it('[IN4] opens for whom it is sealed to', async () => {
		const { publicKey } = bob.self.member.prekey;
		const block = await sealTo(crypto, bob.ports.random, publicKey, await wholeBy(bob));
		const [prekey] = bob.self.prekeys;
		const opened = block && prekey && (await openBlock(crypto, prekey, block));
		expect(opened).toEqual({ whole: await wholeBy(bob) });
		const [other] = mallory.self.prekeys;
		expect(block && other && (await openBlock(crypto, other, block))).toBeUndefined();
	});
});
