// The history that goes from one of a person's devices to another: what people see of it and can do about it, on both.
// [HC1] [HC4]
import type { CopyMessage } from '#lib/protocol/history-copy.ts';
import { createSignal, type Readable } from '#lib/util/signal.ts';
import type { CopyView } from '../devices-api.ts';
import type { Ports } from '../ports.ts';
import type { AccountSpace } from './account-space.ts';
import { createGiving, type GivenSpace } from './copy-giving.ts';
import type { CopyState, CopyWays } from './copy-ways.ts';
import { createTaking, type TakingParts } from './copy-taking.ts';

export interface Copies {
	readonly views: Readable<readonly CopyView[]>;
	load(): Promise<void>;
	begin(device: string): Promise<boolean>;
	end(device: string): Promise<void>;
	dismiss(device: string): void;
	onMessage(from: string, message: CopyMessage): void;
	/** Links, devices or spaces came or went. */
	look(): void;
	stop(): void;
}

export function createCopies(
	ports: Ports,
	account: AccountSpace,
	spaces: () => readonly GivenSpace[],
	taken: TakingParts,
): Copies {
	const views = createSignal<readonly CopyView[]>([]);
	const ways: CopyWays = {
		others: account.others,
		linked: (device) => account.node()?.post.route(device) === 'direct',
		say(device, copy) {
			account.node()?.post.tell(device, { type: 'copy', copy }, true);
		},
		onChange: publish,
	};
	const giving = createGiving(ports, ways, spaces);
	const taking = createTaking(ports, ways, taken);

	function stateOf({ phase, linked, arriving, device }: CopyState): CopyView['state'] {
		if (phase !== 'open') return phase;
		if (linked) return arriving ? 'arriving' : 'copying';
		return (account.node()?.post.route(device) ?? null) === null ? 'away' : 'indirect';
	}
	function publish(): void {
		const all = [...giving.states(), ...taking.states()];
		views.set(
			all.map((each) => ({
				device: each.device,
				gives: each.gives,
				state: stateOf(each),
				done: each.done,
				of: each.of,
			})),
		);
	}

	return {
		views,
		async load() {
			await giving.load();
			await taking.load();
			publish();
		},
		begin: (device) => giving.begin(device),
		async end(device) {
			await giving.end(device);
			await taking.end(device);
		},
		dismiss(device) {
			giving.dismiss(device);
			taking.dismiss(device);
		},
		onMessage(from, message) {
			if (message.step === 'offer' || message.step === 'record') taking.onMessage(from, message);
			else if (message.step !== 'stop') giving.onMessage(from, message);
			else {
				giving.onMessage(from, message);
				taking.onMessage(from, message);
			}
		},
		look() {
			// Before that nobody is known.
			if (account.node() === undefined) return;
			giving.look();
			taking.look();
			publish();
		},
		stop() {
			giving.stop();
			taking.stop();
		},
	};
}
