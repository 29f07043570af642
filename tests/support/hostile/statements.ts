// Statements, requests and signals that are not their sender's to make: passed over, without an answer. [HO6]
import { sealTo } from '#lib/crypto/seal.ts';
import { label } from '#lib/protocol/labels.ts';
import {
	signalContent,
	SIGNAL_STEP,
	type SignalStepMessage,
	type SpaceMessage,
} from '#lib/protocol/space-message.ts';
import { stateContent, type State } from '#lib/protocol/space-state.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';
import type { Device } from '../devices.ts';
import type { Family, HostileCase } from './case.ts';
import { envelopeOf } from './deliver.ts';
import type { HostileWorld } from './world.ts';

const id = (n: number): Bytes => new Uint8Array(32).fill(n);
const HOURS = 3_600_000;

type By = NonNullable<HostileCase['by']>;
type Make = (world: HostileWorld, by: Device) => Promise<SpaceMessage> | SpaceMessage;

const passed = (name: string, make: Make, by?: By): HostileCase => ({
	rule: 'HO6' satisfies Family,
	name,
	reasons: ['passed-over'],
	frames: async (world, from) => [envelopeOf(from, await make(world, from))],
	...(by === undefined ? {} : { by }),
});

/** A word that asks for an answer, and tells of more in Alice's feed than there is. */
export async function states(
	signer: Device,
	{ bob, alice }: HostileWorld,
	said: Partial<State> = {},
): Promise<SpaceMessage> {
	const state = {
		space: bob.space.id,
		device: signer.self.device.publicKey,
		full: true,
		wantsReply: true,
		controlHeads: [id(9)],
		feeds: [{ feed: alice.self.device.publicKey, seq: 999, id: id(9) }],
		time: bob.ports.clock.now(),
		prekeys: bob.space.prekeys.digest(),
		...said,
	};
	const signature = await signer.self.device.sign(concat(label('state'), stateContent(state)));
	return { type: 'state', state: { ...state, signature } };
}

export async function signals(
	signer: Device,
	{ bob, alice }: HostileWorld,
	said: Partial<SignalStepMessage> = {},
): Promise<SpaceMessage> {
	const known = bob.space.ledger.authority.devices.get(alice.key);
	const prekey = known === undefined ? alice.self.member.prekey : bob.space.prekeys.of(known);
	const { crypto, random } = bob.ports;
	const payload = await sealTo(crypto, random, prekey.publicKey, id(1));
	if (payload === undefined) throw new Error('not to be sealed');
	const signal = {
		space: bob.space.id,
		from: signer.self.device.publicKey,
		to: alice.self.device.publicKey,
		attempt: new Uint8Array(16),
		step: SIGNAL_STEP.offer,
		payload,
		time: bob.ports.clock.now(),
		...said,
	};
	const signature = await signer.self.device.sign(concat(label('signal'), signalContent(signal)));
	return { type: 'signal', signal: { ...signal, signature } };
}

export const pulls = ({ alice, bob }: HostileWorld): SpaceMessage => ({
	type: 'pull',
	control: alice.space.ledger.authorityHeads(),
	have: [],
	ranges: [{ feed: alice.self.device.publicKey, from: 0, to: 1000 }],
	wantsKeys: bob.self.member.prekey,
});

export const statements: readonly HostileCase[] = [
	passed('STATE of Carol’s, told by Bob', (world) => states(world.carol, world)),
	passed('STATE of Bob’s, signed by another', async (world, by) =>
		states(world.carol, world, { device: by.self.device.publicKey }),
	),
	passed('STATE of another space', (world, by) => states(by, world, { space: id(8) })),
	passed('STATE changed after it was signed', async (world, by) => {
		const said = await states(by, world);
		if (said.type !== 'state') throw new Error('a statement');
		return { ...said, state: { ...said.state, time: said.state.time + 1 } };
	}),
	passed('STATE of a stranger', (world, by) => states(by, world), 'mallory'),
	passed('PULL of a stranger', (world) => pulls(world), 'mallory'),
	passed('PULL of who is banned', (world) => pulls(world), 'dave'),
	passed('PULL of who has left', (world) => pulls(world), 'erin'),
	{
		...passed('PULL in Carol’s name', (world) => pulls(world)),
		frames: async (world) => [envelopeOf(world.carol, pulls(world))],
	},
	passed('PULL of feeds and entries that there are not', () => ({
		type: 'pull',
		control: [id(8)],
		have: [id(9)],
		ranges: [{ feed: id(9), from: 0, to: Number.MAX_SAFE_INTEGER }],
		wantsKeys: null,
	})),
	passed('SIGNAL in Carol’s name', async (world, by) =>
		signals(by, world, { from: world.carol.self.device.publicKey }),
	),
	passed('SIGNAL to another device', (world, by) =>
		signals(by, world, { to: world.carol.self.device.publicKey }),
	),
	passed('SIGNAL of another space', (world, by) => signals(by, world, { space: id(8) })),
	passed('SIGNAL of yesterday', (world, by) =>
		signals(by, world, { time: world.bob.ports.clock.now() - 24 * HOURS }),
	),
	passed('SIGNAL of a stranger', (world, by) => signals(by, world), 'mallory'),
	passed('SIGNAL of who is banned', (world, by) => signals(by, world), 'dave'),
];
