// What home and office routers do to a direct link: which of the probes (STUN, RFC 8489) that two devices send each other
// get through. A pure model of the four kinds that matter; knows nothing of what the link is for.
import { concat, type Bytes } from '#lib/util/bytes.ts';

/**
 * open: lets in whatever comes. cone: the same outside address for all, lets in answers only. symmetric: another outside
 * address for each destination, lets in answers only. firewall: lets nothing out but the web.
 */
export type RouterKind = 'open' | 'cone' | 'symmetric' | 'firewall';

export interface Router {
	readonly kind: RouterKind;
	/** Those of one name are in one house, and reach each other without passing their router. */
	readonly lan?: string;
}

export interface Check {
	readonly from: string;
	readonly to: string;
	readonly dropped: boolean;
}

interface Attempt {
	/** Whether a link comes about. */
	readonly through: boolean;
	readonly checks: readonly Check[];
}

/** Bytes of a probe that tell it from others. */
export const CHECK_ID = 12;
const BINDING_REQUEST = 0x0001;
const MAGIC_COOKIE = 0x2112a442;
const ROUNDS = 3;

/** A binding request without attributes, 20 bytes. */
export function encodeCheck(id: Bytes): Bytes {
	const head = new Uint8Array(8);
	const view = new DataView(head.buffer);
	view.setUint16(0, BINDING_REQUEST);
	view.setUint32(4, MAGIC_COOKIE);
	return concat(head, id);
}

/** An outside address, as a name: which router, and which of its ports. */
type Address = string;
const STUN: Address = 'stun';

interface Gate {
	readonly name: string;
	/** The outside address that something to this destination comes from; undefined: it doesn't come out. */
	out(to: Address): Address | undefined;
	/** Whether what comes from there to this outside address is let in. */
	lets(at: Address, from: Address): boolean;
}

function createGate(name: string, kind: RouterKind): Gate {
	/** Destinations that something was sent to, by the outside address it came from. */
	const asked = new Map<Address, Set<Address>>();
	return {
		name,
		out(to) {
			if (kind === 'firewall') return undefined;
			const address = kind === 'symmetric' ? `${name} for ${to}` : name;
			asked.set(address, (asked.get(address) ?? new Set<Address>()).add(to));
			return address;
		},
		lets: (at, from) => asked.has(at) && (kind === 'open' || (asked.get(at)?.has(from) ?? false)),
	};
}

/** Both have told each other the address that a STUN server sees of them, and try all they know of each other. */
export function tryRoute(
	a: Router & { readonly name: string },
	b: Router & { readonly name: string },
): Attempt {
	const [first, second] = [createGate(a.name, a.kind), createGate(b.name, b.kind)];
	if (a.lan !== undefined && a.lan === b.lan) {
		const inside = (from: string, to: string): Check => ({ from, to, dropped: false });
		return { through: true, checks: [inside(a.name, b.name), inside(b.name, a.name)] };
	}
	/** Addresses that each side knows of the other one. */
	const known = [new Set<Address>(), new Set<Address>()] as const;
	const told = [first.out(STUN), second.out(STUN)] as const;
	if (told[1] !== undefined) known[0].add(told[1]);
	if (told[0] !== undefined) known[1].add(told[0]);

	const heard = [false, false];
	const checks: Check[] = [];
	for (let round = 0; round < ROUNDS && !(heard[0] && heard[1]); round++) {
		for (const side of [0, 1] as const) {
			const [near, far] = side === 0 ? [first, second] : [second, first];
			for (const to of [...known[side]]) {
				const source = near.out(to);
				const arrives = source !== undefined && far.lets(to, source);
				checks.push({ from: near.name, to: far.name, dropped: !arrives });
				if (!arrives) continue;
				heard[1 - side] = true;
				known[(1 - side) as 0 | 1].add(source);
			}
		}
	}
	return { through: heard[0] === true && heard[1] === true, checks };
}
