// The lines of a menu for what can be done to a person or a message, and where each leads.
import Ban from '@lucide/svelte/icons/ban';
import Eraser from '@lucide/svelte/icons/eraser';
import EyeOff from '@lucide/svelte/icons/eye-off';
import Flag from '@lucide/svelte/icons/flag';
import ShieldOff from '@lucide/svelte/icons/shield-off';
import ShieldPlus from '@lucide/svelte/icons/shield-plus';
import Trash from '@lucide/svelte/icons/trash';
import UserCheck from '@lucide/svelte/icons/user-check';
import UserX from '@lucide/svelte/icons/user-x';
import { m } from '#lib/paraglide/messages.js';
import type { MemberView, MessageView } from '#lib/state/views.ts';
import type { MenuEntry } from '#lib/ui/menu-entry.ts';
import { messageActs, personActs, type Act, type MessageAct, type PersonAct } from './acts.ts';

type Look = Pick<MenuEntry, 'icon' | 'tone'> & { label(name: { name: string }): string };

const person: Record<PersonAct, Look> = {
	grant: { icon: ShieldPlus, label: m.menu_grant },
	revoke: { icon: ShieldOff, label: m.menu_revoke },
	'shadow-ban': { icon: EyeOff, label: m.menu_shadow, tone: 'danger' },
	ban: { icon: Ban, label: m.menu_ban, tone: 'danger' },
};

const message: Record<MessageAct, Look> = {
	report: { icon: Flag, label: m.menu_report },
	delete: { icon: Trash, label: m.menu_delete, tone: 'danger' },
	purge: { icon: Eraser, label: m.menu_purge, tone: 'danger' },
};

const entry = ({ label, ...look }: Look, name: string, run: () => void): MenuEntry => ({
	...look,
	label: label({ name }),
	run,
});

/** Blocking is for oneself alone and is undone as easily: it asks nothing. */
export const blockEntry = (name: string, blocked: boolean, run: () => void): MenuEntry => ({
	icon: blocked ? UserCheck : UserX,
	label: blocked ? m.menu_unblock({ name }) : m.menu_block({ name }),
	run,
});

/** What can't be undone lightly stands at the end, away from a finger in a hurry. */
export const graveLast = (entries: readonly MenuEntry[]): readonly MenuEntry[] => [
	...entries.filter(({ tone }) => tone === undefined),
	...entries.filter(({ tone }) => tone !== undefined),
];

export const personEntries = (member: MemberView, show: (act: Act) => void): readonly MenuEntry[] =>
	personActs(member).map((kind) =>
		entry(person[kind], member.name, () => {
			show({ kind, person: member });
		}),
	);

export const messageEntries = (of: MessageView, show: (act: Act) => void): readonly MenuEntry[] =>
	messageActs(of).map((kind) =>
		entry(message[kind], of.authorName, () => {
			show({ kind, message: of });
		}),
	);
