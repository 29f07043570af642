// The genuine admissions in an authority log, those that do not count among them.
import type { ControlEntries } from '#lib/crdt/authority-state.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

export interface Admission {
	readonly entry: Entry;
	/** Its invitation, hex. */
	readonly invite: string;
	/** The device that it lets in, hex. */
	readonly device: string;
	readonly memberRoot: Bytes;
	/** Whose mailbox the device was given a token of. */
	readonly epoch: Bytes;
	readonly tokenHash: Bytes;
}

export const admissions = (control: ControlEntries): Admission[] =>
	[...control.values()].flatMap(({ entry, content, memberRoot, proven }) => {
		if (content.kind !== KIND.admit || !proven || memberRoot === null) return [];
		const { member, epoch, tokenHash } = content;
		const device = toHex(member.certificate.deviceKey);
		return [{ entry, invite: toHex(content.invite), device, memberRoot, epoch, tokenHash }];
	});

export const admissionsOf = (control: ControlEntries, device: string): Admission[] =>
	admissions(control).filter((each) => each.device === device);
