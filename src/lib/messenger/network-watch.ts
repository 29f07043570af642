// The picture of the network that people see, kept up to date; and what passes at this very moment, for whoever looks.
import { createSignal, type Readable } from '#lib/util/signal.ts';
import type { NetworkView, Traffic } from './network-api.ts';
import type { RelayPool } from './delivery/relay-pool.ts';
import type { LinksByDevice } from './links-by-device.ts';
import { networkView } from './network-view.ts';
import type { Page, Ports } from './ports.ts';
import { relayView } from './relays.ts';
import type { LiveSpace } from './spaces-face.ts';

/** Many changes come in bursts, a round trip measured on every link among them; people need one picture of them. */
const PICTURE_EVERY = 50;

interface NetworkWatchParts {
	readonly clock: Ports['clock'];
	readonly page: Page;
	readonly pool: Pick<RelayPool, 'relays'>;
	spaces(): readonly LiveSpace[];
	readonly links: LinksByDevice;
	relayName(key: string): string;
	/** Of a relay's address. */
	tallyOf(url: string): Traffic | undefined;
}

export interface NetworkWatch {
	readonly network: Readable<NetworkView>;
	/** By device or relay (hex): bytes so far, over direct links and to relays. */
	traffic(): ReadonlyMap<string, Traffic>;
	/** Something of it may have changed. */
	publish(): void;
}

export function createNetworkWatch(parts: NetworkWatchParts): NetworkWatch {
	const { clock, page, pool, tallyOf } = parts;
	const relays = (): NetworkView['relays'] =>
		pool.relays.get().map((relay) => relayView(page, relay, tallyOf));
	const view = (): NetworkView =>
		networkView({
			nodes: parts.spaces().map(({ node, self }) => ({ node, links: parts.links.of(self), self })),
			relays: relays(),
			relayName: parts.relayName,
			offered: page.offeredRelay,
			direct: page.direct,
			online: page.isOnline(),
		});
	const network = createSignal<NetworkView>(view());
	let isDue = false;

	return {
		network,
		traffic() {
			const all = new Map<string, Traffic>();
			for (const { id, traffic } of relays()) if (traffic) all.set(id, traffic);
			for (const links of parts.links.all()) {
				for (const { device, route } of network.get().peers) {
					const { traffic } = links.info(device);
					if (route === 'direct' && traffic !== null) all.set(device, traffic);
				}
			}
			return all;
		},
		publish() {
			if (isDue) return;
			isDue = true;
			clock.after(PICTURE_EVERY, () => {
				isDue = false;
				for (const { summaries } of parts.spaces()) summaries.updateOnline();
				network.set(view());
			});
		},
	};
}
