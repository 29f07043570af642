// The links of each device that this installation is: it may be another one in some spaces. Made when they are first asked
// for; what comes over them goes to the spaces of that device.
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { createLinks, type Links } from './delivery/links.ts';
import type { Hiding } from './hiding.ts';
import type { Page, Ports, Self } from './ports.ts';
import type { SpaceNode } from './space-node-face.ts';

export interface LinksByDevice {
	of(self: Pick<Self, 'device'>): Links;
	all(): Iterable<Links>;
}

interface Surroundings {
	readonly page: Pick<Page, 'direct'>;
	readonly hiding: Pick<Hiding, 'view'> & {
		from(device: string, nodes: readonly SpaceNode[]): boolean;
	};
	/** The spaces in which this installation is this device. */
	nodes(own: Bytes): readonly SpaceNode[];
	stun(): readonly string[];
	onChange(): void;
}

export function createLinksByDevice(
	ports: Ports,
	{ page, hiding, nodes: nodesOf, stun, onChange }: Surroundings,
): LinksByDevice {
	const links = new Map<string, Links>();

	function make(device: Self['device']): Links {
		const nodes = (): readonly SpaceNode[] => nodesOf(device.publicKey);
		const nodeOf = (space: string): SpaceNode | undefined =>
			nodes().find((node) => node.space.key === space);
		return createLinks(
			ports,
			{ device },
			{
				async signal(to, attempt, step, payload) {
					for (const node of nodes()) {
						if (await node.signal(to, attempt, step, payload)) return true;
					}
					return false;
				},
				spaces: () => nodes().map(({ linked }) => linked),
				isHidden: (other) => hiding.from(other, nodes()),
				stun,
				takesDirect: (amongOwn) => page.direct && (amongOwn || !hiding.view.get().everywhere),
				wants: (other) => nodes().some(({ reach }) => reach.wants(other)),
				welcomes: (other) => nodes().some(({ reach }) => reach.welcomes(other)),
				onMember: (other, space) => nodeOf(space)?.onMember(other),
				onEnvelope: (other, space, envelope) => {
					nodeOf(space)?.onLinkEnvelope(other, envelope);
				},
				serveFile: async (other, of) => nodeOf(toHex(of.space))?.files.serve(other, of),
				onLost: (other) => {
					for (const node of nodes()) node.onLinkLost(other);
				},
				onChange,
			},
		);
	}

	return {
		of({ device }) {
			const own = toHex(device.publicKey);
			const made = links.get(own) ?? make(device);
			links.set(own, made);
			return made;
		},
		all: () => links.values(),
	};
}
