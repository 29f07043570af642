// The picture of a space's mesh, from what this device sees itself and what the others' records say.
import { toHex } from '#lib/util/bytes.ts';
import type { MeshDevice, MeshLink, MeshView } from './mesh-api.ts';
import type { SpaceNode } from './space-node-face.ts';

export function meshView({ space, self, post, reach }: SpaceNode): MeshView {
	const own = toHex(self.device.publicKey);
	const { authority } = space.ledger;
	const links = new Map<string, MeshLink>();
	const there = new Set<string>([own]);
	const join = (a: string, b: string): void => {
		const [low, high] = a < b ? ([a, b] as const) : ([b, a] as const);
		links.set(`${low} ${high}`, { a: low, b: high });
		there.add(low).add(high);
	};
	const near = post.near();
	const isNear = new Set([...near.linked, ...near.seen]);
	for (const device of near.linked) join(own, device);
	for (const device of isNear) there.add(device);
	for (const device of authority.active) {
		const theirs = reach.reachOf(device);
		if (device === own || theirs === undefined) continue;
		// Who is linked with this device it knows best itself; and nobody is there only because he once said so.
		for (const other of theirs.linked) if (other !== own) join(device, other);
	}
	const devices = [...there].flatMap((key): MeshDevice[] => {
		const device = authority.devices.get(key);
		if (device?.active !== true) return [];
		const { name, certificate } = device.member;
		return [
			{
				device: key,
				rootHash: toHex(device.rootHash),
				name,
				deviceName: certificate.deviceName,
				own: key === own,
				route: key === own ? null : post.route(key),
				relays: key === own ? post.relays() : (reach.recordOf(key)?.relays ?? []).map(toHex),
			},
		];
	});
	return { devices, links: [...links.values()] };
}
