// A person's history as a whole: told as an archive, and taken in from one. Whoever carries it seals it. [BK2] [BK3]
import type { ArchiveRecord } from '#lib/protocol/archive.ts';
import type { BlockList } from '../block-list.ts';
import type { Ports, Self } from '../ports.ts';
import type { Relays } from '../relays.ts';
import type { Spaces } from '../spaces.ts';
import { archiveOf } from './export.ts';
import { createImport, type Import } from './import.ts';

export interface Archive {
	/** Everything that is here, read as it is told. `onSpace`: so many of the spaces have been. */
	records(onSpace?: (done: number, of: number) => void): AsyncGenerator<ArchiveRecord>;
	/** Takes an archive in, record by record; what has been taken in stays. */
	takeIn(): Import;
}

export interface ArchiveParts {
	readonly spaces: Pick<Spaces, 'live' | 'forRecall' | 'recalled'>;
	readonly blocked: Pick<BlockList, 'all' | 'add'>;
	readonly relays: Pick<Relays, 'added' | 'adopt'>;
}

export const createArchive = (
	ports: Ports,
	self: Self,
	{ spaces, blocked, relays }: ArchiveParts,
): Archive => ({
	records: (onSpace) =>
		archiveOf(
			ports,
			{
				self,
				blocked: blocked.all(),
				relays: relays.added(),
				spaces: spaces.live().map(({ node }) => node.space),
			},
			onSpace,
		),
	takeIn: () =>
		createImport(ports, self, {
			space: (id) => spaces.forRecall(id),
			settled: (space) => spaces.recalled(space),
			block: (people) => blocked.add(people),
			useRelays: (addresses) => relays.adopt(addresses),
		}),
});
