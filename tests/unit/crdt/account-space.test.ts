// The authority log of one person's own devices, whatever is written into it.
import { expect, it } from 'vitest';
import { resolveAuthority } from '#lib/crdt/authority.ts';
import { SPACE_KIND, type ControlContent } from '#lib/protocol/content.ts';
import {
	admit,
	ban,
	byKey,
	channel,
	enrol,
	epoch,
	fence,
	found,
	grant,
	invite,
	leave,
	pen,
	person,
	purge,
	recall,
	revoke,
	revokeDevice,
	shadowBan,
	unban,
} from '../../support/authority-world.ts';

const laptop = person('Alice');
const phone = person('Alice', 'phone 2');
const tablet = person('Alice', 'tablet');
const stranger = person('Mallory');

function story() {
	const hers = pen(laptop);
	const world = found(hers, SPACE_KIND.account);
	world.write(hers, epoch(laptop));
	world.write(hers, enrol(phone));
	const resolved = () => resolveAuthority(world.space, byKey(world.all), new Map());
	const active = (): string[] =>
		[...resolved().devices].flatMap(([key, device]) => (device.active ? [key] : []));
	return { world, hers, resolved, active };
}

it('[AC1] lets in devices of its founder, and ends them', () => {
	const { world, hers, active } = story();
	expect(active().sort()).toEqual([laptop.key, phone.key].sort());
	const theirs = pen(phone);
	world.write(theirs, enrol(tablet));
	world.write(hers, revokeDevice(phone, fence(theirs)));
	expect(active().sort()).toEqual([laptop.key, tablet.key].sort());
});

it('[AC1] lets in nobody else, and lets nobody go', () => {
	const { world, hers, resolved, active } = story();
	const before = active();
	const link = world.write(hers, invite());
	const unwelcome: ControlContent[] = [
		admit(stranger, link),
		enrol(stranger),
		channel('general'),
		grant(stranger),
		grant(laptop),
		revoke(laptop, []),
		ban(stranger, []),
		ban(laptop, fence(hers)),
		shadowBan(laptop, []),
		recall(link),
		purge(world.say(hers)),
		leave,
	];
	const written = unwelcome.map((content) => world.write(hers, content));
	const lift = world.write(hers, unban(...written.slice(6, 8)));
	const { verdicts, people, channels } = resolved();
	for (const { entry, content } of [link, ...written, lift]) {
		expect([content.kind, verdicts.get(entry.key)]).not.toEqual([content.kind, 'valid']);
	}
	expect(active()).toEqual(before);
	expect(people.size).toBe(1);
	expect(channels).toEqual([]);
	// Whatever was tried, the devices go on.
	const third = world.write(hers, enrol(tablet));
	expect(resolved().verdicts.get(third.entry.key)).toBe('valid');
});
