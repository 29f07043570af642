// Brings the archive of a person together with what keeps it all: spaces, block list, relays, account document. [BK2] [BK3]
import type { Archive } from '../archive-api.ts';
import type { BlockList } from '../block-list.ts';
import type { SharedValues } from '../devices/shared-values.ts';
import type { Ports, Self } from '../ports.ts';
import type { Relays } from '../relays.ts';
import type { Spaces } from '../spaces-face.ts';
import { archiveOf } from './export.ts';
import { createImport } from './import.ts';
import { ownValues, takeOwnValues } from './own-values.ts';

export interface ArchiveParts {
	readonly spaces: Pick<Spaces, 'live' | 'forRecall' | 'recalled'>;
	readonly blocked: Pick<BlockList, 'all' | 'add'>;
	readonly relays: Pick<Relays, 'added' | 'adopt'>;
	readonly keeper: SharedValues;
}

export const createArchive = (
	ports: Ports,
	self: Self,
	{ spaces, blocked, relays, keeper }: ArchiveParts,
): Archive => ({
	records: (onSpace) =>
		archiveOf(
			ports,
			{
				self,
				blocked: blocked.all(),
				relays: relays.added(),
				values: ownValues(keeper),
				spaces: spaces.live().map(({ node }) => node.space),
			},
			onSpace,
		),
	takeIn: () =>
		createImport(ports, self, {
			space: (id) => spaces.forRecall(id),
			settled: (space) => spaces.recalled(space),
			block: (people) => blocked.add(people),
			setValues: (values) => takeOwnValues(keeper, values),
			useRelays: (addresses) => relays.adopt(addresses),
		}),
});
