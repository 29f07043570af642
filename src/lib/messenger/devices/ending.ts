// The end of a device of this person: said once in the account space, and carried by the others into every space that they
// share with it, whichever of them are there. [MD5] [FE5]
import { fromHex, toHex } from '#lib/util/bytes.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { Self } from '../ports.ts';
import type { SpaceNode } from '../space-node-face.ts';
import type { AccountSpace } from './account-space.ts';
import type { DocumentKeeper } from './document-keeper.ts';
import { SEEN } from './sections.ts';

/** How long each further device leaves it to those before. */
const TURN = 2000;

/** A space that is here, and who this installation is in it. */
export interface SharedSpace {
	readonly node: SpaceNode;
	readonly self: Self;
}

export interface EndingDevices {
	/** Ends a device (hex) with what is held of it: at once and everywhere. False where that can't be said. */
	end(device: string): Promise<boolean>;
	/** Devices that have ended, or the spaces shared with them, may have changed. */
	look(): void;
	/** Whether this device has been ended by another one. */
	isEnded(): boolean;
	stop(): void;
}

/** Writes that a device (hex) ends in a space, as far as its entries are held. */
async function revoke({ node, self }: SharedSpace, device: string): Promise<boolean> {
	const { space } = node;
	const key = fromHex(device);
	if (key === undefined) return false;
	const feed = space.ledger.feeds.get(device);
	const fence = feed === undefined || feed.seq < 0 ? [] : [space.ledger.headOf(feed)];
	const written = await node.write(await self.root.revoke(space.id, key, fence));
	return written.ok;
}

export function createEndingDevices(
	clock: Clock,
	self: Self,
	account: AccountSpace,
	keeper: Pick<DocumentKeeper, 'get'>,
	spaces: () => readonly SharedSpace[],
): EndingDevices {
	const own = toHex(self.device.publicKey);
	let cancel: (() => void) | undefined;
	let stopped = false;

	/** Devices (hex) that have ended in the account space. */
	const ended = (): string[] =>
		account.nodes().flatMap(({ space }) => {
			const { fences, devices } = space.ledger.authority;
			return [...fences.keys()].filter((device) => devices.has(device));
		});
	/** Where a device may be that has ended in one of them. */
	const shared = (): SharedSpace[] => [
		...spaces(),
		...account.nodes().map((node) => ({ node, self: node.self })),
	];

	/** Devices (hex) that an installation is in a space: its own, or one of the space's alone. */
	function keysIn(installation: string, space: string): string[] {
		const seen = SEEN.decode(keeper.get(SEEN.name(installation)));
		const others = (seen?.others ?? []).filter((each) => toHex(each.space) === space);
		return [installation, ...others.map(({ device }) => toHex(device))];
	}

	async function carry(): Promise<void> {
		for (const installation of ended()) {
			if (installation === own) continue;
			for (const each of shared()) {
				const { devices } = each.node.space.ledger.authority;
				for (const device of keysIn(installation, each.node.space.key)) {
					if (stopped || devices.get(device)?.active !== true) continue;
					await revoke(each, device);
				}
			}
		}
	}

	function turn(): number {
		const all = [own, ...account.others()].sort();
		return all.indexOf(own) * TURN;
	}

	return {
		async end(device) {
			const node = account.node();
			if (node === undefined || device === own) return false;
			if (!(await revoke({ node, self }, device))) return false;
			await carry();
			return true;
		},
		look() {
			if (ended().length === 0) return;
			cancel ??= clock.after(turn() + 1, () => {
				cancel = undefined;
				void carry();
			});
		},
		isEnded: () => ended().includes(own),
		stop() {
			stopped = true;
			cancel?.();
		},
	};
}
