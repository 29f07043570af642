// One message's key, wrapped for each device; and what somebody has of it who takes one of the devices.
import type { Attacker } from '#lib/simulation/attacker.ts';
import { toHex } from '#lib/util/bytes.ts';
import { look, type Chapter } from '../chapter.ts';
import type { Packet } from '../recording.ts';
import type { Stage } from '../stage.ts';

const RELAY = 'Harbor';
const PHONE = 'Bob’s phone';
const BEFORE = 'The meeting is on Tuesday.';
const AFTER = 'The meeting is on Thursday.';

const thieves = new WeakMap<Stage, Attacker>();
/** How many of Alice’s entries the thief had when the phone was ended. */
const known = new WeakMap<Stage, number>();
const boxesOf = ({ readings }: Packet): number =>
	Number(readings.flatMap(({ lines }) => lines).find(({ name }) => name === 'boxes')?.value ?? -1);
const isHers = ({ kind, from }: Packet): boolean => kind === 'message' && from === 'Alice';
/** The number of Alice’s last entry that the thief’s copy of the ledger has. */
const thiefHas = (stage: Stage): number => {
	const device = stage.person('Alice').self.device.publicKey;
	const feeds = [...(thieves.get(stage)?.space.ledger.feeds.values() ?? [])];
	return feeds.find((feed) => feed.device.every((byte, n) => byte === device[n]))?.seq ?? -1;
};

export const keys: Chapter = {
	id: 'keys',
	seed: 61,
	places: { Alice: [16, 52], Bob: [84, 22], [PHONE]: [84, 74], [RELAY]: [46, 18] },
	async prepare(stage) {
		await stage.addRelay(RELAY);
		await stage.addPerson('Alice', { router: { kind: 'cone' } });
		await stage.addPerson('Bob', { router: { kind: 'cone' } });
		await stage.useRelay('Alice', RELAY);
		await stage.found('Alice');
		await stage.bringIn('Alice', 'Bob');
		await stage.addDevice('Bob', PHONE, { kind: 'cone' });
		const isIn = (): boolean =>
			stage
				.person(PHONE)
				.messenger.spaces.get()
				.some(({ id, state }) => id === stage.space && state === 'ready');
		await stage.until(isIn, 60_000, 'the phone is in');
		await stage.run(8000);
	},
	steps: [
		{
			id: 'session-key',
			focus: ['Alice'],
			async act(stage) {
				await stage.say('Alice', BEFORE);
				await stage.until(() => stage.seen(isHers), 1000, 'it is sent');
			},
			holds: (stage) =>
				stage.shows('Alice', BEFORE) &&
				stage.seen((packet) => isHers(packet) && boxesOf(packet) === 2),
			opens: { as: 'Alice', fits: isHers },
		},
		{
			id: 'wraps',
			focus: ['Bob', PHONE],
			act: (stage) =>
				stage.until(
					() => stage.shows('Bob', BEFORE) && stage.shows(PHONE, BEFORE),
					5000,
					'both read it',
				),
			holds: (stage) => stage.shows('Bob', BEFORE) && stage.shows(PHONE, BEFORE),
			opens: { as: PHONE, fits: ({ kind, to }) => kind === 'message' && to === PHONE },
		},
		{
			id: 'stolen',
			focus: [PHONE],
			async act(stage) {
				thieves.set(stage, await stage.turn(PHONE));
				await stage.run(4000);
			},
			holds: (stage) => thiefHas(stage) >= 0,
			opens: { as: PHONE, fits: ({ kind, to }) => kind === 'message' && to === PHONE },
		},
		{
			id: 'ended',
			focus: ['Bob', 'Alice'],
			async act(stage) {
				const { devices } = stage.person('Bob').messenger;
				const phone = devices.list.get().find(({ isThis }) => !isThis);
				if (phone === undefined) throw new Error('no phone');
				await stage.done(devices.remove(phone.id));
				await stage.run(8000);
				known.set(stage, thiefHas(stage));
			},
			async holds(stage) {
				const { ledger } = await stage.person('Alice').kept(stage.space);
				const phone = stage.person(PHONE).self.device.publicKey;
				return ledger.authority.devices.get(toHex(phone))?.active === false;
			},
			opens: {
				as: 'Alice',
				fits: ({ to, readings }) =>
					to === 'Alice' &&
					readings.some(({ lines }) => lines.some(({ value }) => value === 'revokeDevice')),
			},
		},
		{
			id: 'after',
			focus: ['Alice', 'Bob'],
			async act(stage) {
				await stage.say('Alice', AFTER);
				await stage.until(() => stage.shows('Bob', AFTER), 5000, 'Bob reads it');
				await stage.run(3000);
			},
			holds: (stage) =>
				stage.shows('Bob', AFTER) &&
				stage.seen((packet) => isHers(packet) && boxesOf(packet) === 1),
			opens: { as: 'Bob', fits: ({ kind, to }) => kind === 'message' && to === 'Bob' },
		},
		{
			id: 'thief',
			focus: [PHONE],
			act: look,
			holds: (stage) => thiefHas(stage) === known.get(stage),
		},
	],
};
