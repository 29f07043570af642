// The newest prekey known of each member device of a space: what others wrap for. Follows the authority log; who brings a
// record, and when one's own is made anew, is others' to know. [PK1] [PK2] [PK3]
import { verifyPrekey } from '#lib/crypto/identity.ts';
import type { Authority, DeviceState } from '#lib/crdt/authority-state.ts';
import { decode, encode } from '#lib/protocol/cbor.ts';
import { prekeyShape, prekeyToTuple, type Prekey } from '#lib/protocol/identity.ts';
import { label } from '#lib/protocol/labels.ts';
import { PREKEY_NAME, type PrekeyTime } from '#lib/protocol/space-message.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import { compare, toHex, utf8, type Bytes } from '#lib/util/bytes.ts';
import type { Ports, Self } from '../ports.ts';

/** A device makes a new one once a day; whoever sends them faster is not listened to meanwhile. */
const TAKEN_EVERY = 60_000;

export interface PrekeyBook {
	/** The one to wrap for. */
	of(device: DeviceState): Prekey;
	/** The same for devices whose records are the same: 16 bytes. */
	digest(): Bytes;
	/** Of every member device. */
	times(): readonly PrekeyTime[];
	/** Records that are newer than these, of the devices named. */
	newerThan(times: readonly PrekeyTime[]): readonly Prekey[];
	/** Those of `times` of which an older one is held here. */
	olderThan(times: readonly PrekeyTime[]): readonly PrekeyTime[];
	/** What of these is new and genuine, this device's own included; `settle` once the writes that keep it are done. */
	check(records: readonly Prekey[]): Promise<{
		readonly fresh: readonly Prekey[];
		readonly writes: readonly StoreWrite[];
		settle(): void;
	}>;
	/** The membership may have changed: the writes that forget those who have gone. */
	follow(): readonly StoreWrite[];
}

const isNewer = (a: Prekey, b: Prekey): boolean =>
	a.time > b.time || (a.time === b.time && compare(a.publicKey, b.publicKey) > 0);

const nameOf = (device: Bytes): string => toHex(device.subarray(0, PREKEY_NAME));

export async function openPrekeyBook(
	{ clock, crypto, store }: Pick<Ports, 'clock' | 'crypto' | 'store'>,
	self: Self,
	space: Bytes,
	authority: () => Authority,
): Promise<PrekeyBook> {
	const own = toHex(self.device.publicKey);
	const held = new Map<string, { readonly record: Prekey; readonly at: number }>();
	const takenAt = new Map<string, number>();
	let next = 0;
	let digest: Bytes | undefined;
	let ownTime = -1;

	for (const { at, value } of await store.range('prekey', [space])) {
		next = Math.max(next, at + 1);
		const record = decode(prekeyShape, value, 512);
		if (record.ok) held.set(toHex(record.value.deviceKey), { record: record.value, at });
	}

	const row = (at: number, record: Prekey | null): StoreWrite => ({
		table: 'prekey',
		key: [space, at],
		value: record && encode([...prekeyToTuple(record), record.signature]),
	});

	function of({ device, member }: DeviceState): Prekey {
		const key = toHex(device);
		if (key === own) return self.member.prekey;
		const known = held.get(key)?.record;
		return known !== undefined && isNewer(known, member.prekey) ? known : member.prekey;
	}

	const active = (): DeviceState[] =>
		[...authority().devices.values()]
			.filter((each) => each.active)
			.sort((a, b) => compare(a.device, b.device));

	return {
		of,
		digest() {
			if (digest === undefined || ownTime !== self.member.prekey.time) {
				ownTime = self.member.prekey.time;
				// Times alone: a device that signs two of one time has harmed nobody but itself.
				const parts = active().flatMap((device) => [device.device, utf8(`${of(device).time} `)]);
				digest = crypto.sha256(label('prekey-digest'), ...parts).slice(0, 16);
			}
			return digest;
		},
		times: () =>
			active().map((device) => ({
				name: device.device.slice(0, PREKEY_NAME),
				time: of(device).time,
			})),
		newerThan(times) {
			const theirs = new Map(times.map(({ name, time }) => [toHex(name), time]));
			return active()
				.map(of)
				.filter(({ deviceKey, time }) => time > (theirs.get(nameOf(deviceKey)) ?? Infinity));
		},
		olderThan(times) {
			const mine = new Map(active().map((device) => [nameOf(device.device), of(device).time]));
			return times
				.filter(({ name, time }) => time > (mine.get(toHex(name)) ?? Infinity))
				.map(({ name }) => ({ name, time: mine.get(toHex(name)) ?? 0 }));
		},
		async check(records) {
			const fresh: Prekey[] = [];
			for (const record of records) {
				const key = toHex(record.deviceKey);
				const device = authority().devices.get(key);
				if (device?.active !== true || !isNewer(record, of(device))) continue;
				if (clock.now() - (takenAt.get(key) ?? -Infinity) < TAKEN_EVERY) continue;
				const { rootKey } = device.member.certificate;
				if (await verifyPrekey(crypto, record, rootKey)) fresh.push(record);
			}
			// A thief of one's own key, or a disk that was put back: nothing to keep, but something to know.
			const placed = fresh
				.filter(({ deviceKey }) => toHex(deviceKey) !== own)
				.map((record) => {
					const at = held.get(toHex(record.deviceKey))?.at ?? next++;
					return { record, at };
				});
			return {
				fresh,
				writes: placed.map(({ record, at }) => row(at, record)),
				settle() {
					for (const { record, at } of placed) held.set(toHex(record.deviceKey), { record, at });
					for (const { deviceKey } of fresh) takenAt.set(toHex(deviceKey), clock.now());
					digest = undefined;
				},
			};
		},
		follow() {
			digest = undefined;
			const gone = [...held].filter(([key]) => authority().devices.get(key)?.active !== true);
			for (const [key] of gone) held.delete(key);
			return gone.map(([, { at }]) => row(at, null));
		},
	};
}
