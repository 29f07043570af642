// Archives of the devices in devices.ts: told, taken in, written as files.
import type { Import } from '#lib/messenger/archive-api.ts';
import {
	sealBackup,
	type BackupSource,
	type BackupTools,
} from '#lib/messenger/archive/backup-file.ts';
import { archiveOf } from '#lib/messenger/archive/export.ts';
import type { OwnValue } from '#lib/messenger/archive/own-values.ts';
import { createImport } from '#lib/messenger/archive/import.ts';
import { openSpace } from '#lib/messenger/space/space.ts';
import { createNobleGcm } from '#lib/crypto/aes-gcm-noble.ts';
import type { ArchiveRecord } from '#lib/protocol/archive.ts';
import { concat, type Bytes } from '#lib/util/bytes.ts';
import { ok, unwrap } from '#lib/util/result.ts';
import { crypto, type Device } from './devices.ts';

export function recordsOf(
	{ ports, self, space }: Device,
	values: readonly OwnValue[] = [],
): AsyncGenerator<ArchiveRecord> {
	return archiveOf(ports, { self, blocked: [self.rootHash], relays: [], values, spaces: [space] });
}

export async function archiveFrom(device: Device): Promise<ArchiveRecord[]> {
	const records: ArchiveRecord[] = [];
	for await (const record of recordsOf(device)) records.push(record);
	return records;
}

const isIn = (device: Device): boolean =>
	'value' in (Object.getOwnPropertyDescriptor(device, 'space') ?? {});

/** The space of the archive is opened on the device, empty where it isn't there yet; `own` gets the values. */
export const importInto = (device: Device, own: OwnValue[] = []): Import =>
	createImport(device.ports, device.self, {
		async space(id) {
			if (!isIn(device)) device.space = unwrap(await openSpace(device.ports, device.self, id));
			return device.space;
		},
		settled: () => Promise.resolve(),
		block: () => Promise.resolve(ok()),
		setValues(values) {
			own.push(...values);
			return Promise.resolve(ok());
		},
		useRelays: () => Promise.resolve(),
	});

/** The number of entries that were refused, or what went wrong. */
export async function takeIn(
	device: Device,
	records: Iterable<ArchiveRecord>,
): Promise<number | string> {
	const importing = importInto(device);
	for (const record of records) {
		const taken = await importing.take(record);
		if (!taken.ok) return taken.error.type;
	}
	return importing.refused;
}

export const backupTools = ({ ports }: Device): BackupTools => ({
	crypto,
	gcm: createNobleGcm,
	random: ports.random,
});

export async function backupOf(
	device: Device,
	records: AsyncIterable<ArchiveRecord> = recordsOf(device),
): Promise<Bytes> {
	const parts: Bytes[] = [];
	const { backupKey } = device.self.root;
	for await (const part of sealBackup(backupTools(device), backupKey, records)) parts.push(part);
	return concat(...parts);
}

export const sourceOf = (file: Bytes): BackupSource => ({
	size: file.length,
	read: (from, to) => Promise.resolve(file.slice(from, to)),
});
