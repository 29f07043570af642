// What people are warned of in a space: that somebody they have verified uses other devices than before, or that somebody
// else goes by a verified person's name. A pure function of the authority log and of who was verified. [SN4] [SN5]
import type { PersonState } from '#lib/crdt/authority-state.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import { toHex } from '#lib/util/bytes.ts';
import { looksOf } from './look-alike.ts';
import type { VerifiedPerson } from './verified.ts';

/** Stays until the person has taken note of it. */
export type Warning =
	| {
			readonly type: 'devices';
			readonly rootHash: string;
			readonly name: string;
			/** Names of devices. */
			readonly added: readonly string[];
			readonly ended: readonly string[];
	  }
	| {
			readonly type: 'namesake';
			/** Of the other one, who is not verified. */
			readonly rootHash: string;
			readonly name: string;
			/** Of the one who is. */
			readonly verified: string;
			readonly verifiedName: string;
	  };

type Verified = ReadonlyMap<string, VerifiedPerson>;

function grouped<T>(
	all: ReadonlyMap<string, T>,
	by: (one: T) => string,
): Map<string, [string, T][]> {
	const groups = new Map<string, [string, T][]>();
	for (const each of all) {
		const key = by(each[1]);
		const group = groups.get(key);
		if (group === undefined) groups.set(key, [each]);
		else group.push(each);
	}
	return groups;
}

function devicesWarning(person: PersonState, known: VerifiedPerson): Warning[] {
	const names = (which: PersonState['devices']): string[] =>
		which.map(({ member }) => member.certificate.deviceName);
	const added = person.devices.filter((d) => d.active && !known.devices.has(toHex(d.device)));
	const ended = person.devices.filter(
		(d) => !d.active && known.devices.has(toHex(d.device)) && !known.ended.has(toHex(d.device)),
	);
	if (added.length === 0 && ended.length === 0) return [];
	const rootHash = toHex(person.rootHash);
	const { name } = person;
	return [{ type: 'devices', rootHash, name, added: names(added), ended: names(ended) }];
}

export function warningsIn({ authority }: Ledger, self: string, verified: Verified): Warning[] {
	if (verified.size === 0) return [];
	const byLooks = grouped(verified, ({ name }) => looksOf(name));
	return [...authority.people].flatMap(([rootHash, person]): Warning[] => {
		if (!person.active || rootHash === self) return [];
		const known = verified.get(rootHash);
		if (known !== undefined) return devicesWarning(person, known);
		const { name } = person;
		return (byLooks.get(looksOf(name)) ?? [])
			.filter(([, like]) => !like.namesakes.has(rootHash))
			.map(([of, like]) => ({
				type: 'namesake',
				rootHash,
				name,
				verified: of,
				verifiedName: like.name,
			}));
	});
}

/** Root Hashes (hex) of people in the space, former ones included, whose name somebody else there has as well. */
export function namesakesIn({ authority }: Ledger): ReadonlySet<string> {
	const groups = grouped(authority.people, ({ name }) => looksOf(name));
	return new Set(
		[...groups.values()]
			.filter((all) => all.length > 1)
			.flatMap((all) => all.map(([root]) => root)),
	);
}

/** Who was verified, once this person has taken note of a warning. */
export function noting(
	known: VerifiedPerson,
	warning: Warning,
	devices: PersonState['devices'],
): VerifiedPerson {
	if (warning.type === 'namesake') {
		return { ...known, namesakes: new Set([...known.namesakes, warning.rootHash]) };
	}
	const keys = (which: PersonState['devices']): string[] => which.map((d) => toHex(d.device));
	return {
		...known,
		devices: new Set([...known.devices, ...keys(devices)]),
		ended: new Set([...known.ended, ...keys(devices.filter((device) => !device.active))]),
	};
}
