// `restore`: looks through a backup, and puts it into an empty data folder. [RV14]
import type { Command } from './command.ts';
import { restoreBackup, verifyBackup, type BackupReport } from '../backup.ts';
import { err, ok } from '#lib/util/result.ts';

const words = ({ at, mailboxes, packets }: BackupReport): string =>
	`made at ${at}, with ${String(mailboxes)} mailboxes and ${String(packets)} packets`;

export const restore: Command = {
	usage: 'restore DIR [--verify]',
	help: 'put a backup into the data folder, which must be empty; or only look through it',
	flags: { verify: { type: 'boolean' } },
	run: async ({ options, words: [folder, ...more], flags }) => {
		if (folder === undefined || more.length > 0) return err('Say which backup: restore DIR.');
		if (flags.has('verify')) {
			const verified = await verifyBackup(folder);
			return verified.ok ? ok(`The backup is whole: ${words(verified.value)}.`) : verified;
		}
		const restored = await restoreBackup(folder, options.data);
		return restored.ok
			? ok(`"${options.data}" holds the backup ${words(restored.value)}.`)
			: restored;
	},
};
