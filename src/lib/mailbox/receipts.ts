// Signed receipts for what a relay stored or deleted: one signature covers everything committed together, and each
// receipt proves its place in that batch. [MB5]
//
// leaf = sha256("receipt" ‖ mailbox ‖ packet ‖ expiry u64)   expiry 0: deleted
// node = sha256("receipt" ‖ smaller child ‖ larger child)    the one without a sibling moves up as it is
// signature over "sign-receipt" ‖ root; leaves (72 bytes) and nodes (64) can't be taken for each other
import type { CryptoProvider, SigningKey } from '#lib/ports/crypto.ts';
import { label } from '#lib/protocol/labels.ts';
import type { Receipt } from '#lib/protocol/mailbox.ts';
import { compare, concat, equal, type Bytes } from '#lib/util/bytes.ts';

/** A path of 10: small enough for any frame. */
const MAX_BATCH = 1024;

const leafOf = (
	crypto: CryptoProvider,
	mailbox: Uint8Array,
	packet: Uint8Array,
	expiry: number,
): Bytes => {
	const number = new Uint8Array(8);
	new DataView(number.buffer).setBigUint64(0, BigInt(expiry));
	return crypto.sha256(label('receipt'), mailbox, packet, number);
};

const nodeOf = (crypto: CryptoProvider, a: Bytes, b: Bytes): Bytes =>
	compare(a, b) <= 0
		? crypto.sha256(label('receipt'), a, b)
		: crypto.sha256(label('receipt'), b, a);

const rootContent = (root: Uint8Array): Bytes => concat(label('sign-receipt'), root);

/** The root over at least one leaf, and each leaf's path to it. */
export function treeOf(
	crypto: CryptoProvider,
	leaves: readonly Bytes[],
): { readonly root: Bytes; readonly paths: readonly (readonly Bytes[])[] } {
	const paths: Bytes[][] = leaves.map(() => []);
	let level = leaves.map((hash, index) => ({ hash, below: [index] }));
	while (level.length > 1) {
		const above: typeof level = [];
		for (let i = 0; i < level.length; i += 2) {
			const [left, right] = [level[i], level[i + 1]];
			if (left === undefined) break;
			if (right === undefined) {
				above.push(left);
				break;
			}
			for (const leaf of left.below) paths[leaf]?.push(right.hash);
			for (const leaf of right.below) paths[leaf]?.push(left.hash);
			above.push({
				hash: nodeOf(crypto, left.hash, right.hash),
				below: [...left.below, ...right.below],
			});
		}
		level = above;
	}
	const root = level[0]?.hash;
	if (root === undefined) throw new Error('a tree needs a leaf');
	return { root, paths };
}

export interface ReceiptSigner {
	/** A receipt for one packet; `expiry` in seconds since 1970, 0 when it was deleted. */
	sign(mailbox: Uint8Array, packet: Uint8Array, expiry: number): Promise<Receipt>;
}

/** Signs what is asked for in one go together: everything of a tick, and all that comes while a signature is made. */
export function createReceiptSigner(crypto: CryptoProvider, key: SigningKey): ReceiptSigner {
	interface Asked {
		readonly leaf: Bytes;
		readonly expiry: number;
		readonly resolve: (receipt: Receipt) => void;
		readonly reject: (cause: unknown) => void;
	}
	let asked: Asked[] = [];
	let running = false;

	const run = async (): Promise<void> => {
		// What was committed together asks one microtask after another; let all of it arrive.
		await Promise.resolve();
		while (asked.length > 0) {
			const batch = asked.slice(0, MAX_BATCH);
			asked = asked.slice(MAX_BATCH);
			try {
				const leaves = batch.map((one) => one.leaf);
				const { root, paths } = treeOf(crypto, leaves);
				const signature = await key.sign(rootContent(root));
				batch.forEach((one, index) => {
					one.resolve({ expiry: one.expiry, root, path: paths[index] ?? [], signature });
				});
			} catch (cause) {
				for (const one of batch) one.reject(cause);
			}
		}
		running = false;
	};

	return {
		sign: (mailbox, packet, expiry) =>
			new Promise((resolve, reject) => {
				asked.push({ leaf: leafOf(crypto, mailbox, packet, expiry), expiry, resolve, reject });
				if (running) return;
				running = true;
				void run();
			}),
	};
}

export interface ReceiptVerifier {
	/** True when the relay with this key signed that it stored (or, at expiry 0, deleted) the packet. */
	verify(mailbox: Uint8Array, packet: Uint8Array, receipt: Receipt): Promise<boolean>;
}

/** Checks one relay's receipts; a batch's signature is verified once, not for each of its packets. */
export function createReceiptVerifier(
	crypto: CryptoProvider,
	relayKey: Uint8Array,
): ReceiptVerifier {
	let last:
		| { readonly root: Bytes; readonly signature: Bytes; readonly good: Promise<boolean> }
		| undefined;
	return {
		verify: async (mailbox, packet, receipt) => {
			let hash = leafOf(crypto, mailbox, packet, receipt.expiry);
			for (const sibling of receipt.path) hash = nodeOf(crypto, hash, sibling);
			if (!equal(hash, receipt.root)) return false;
			if (
				last === undefined ||
				!equal(last.root, receipt.root) ||
				!equal(last.signature, receipt.signature)
			) {
				const good = crypto.verify(relayKey, rootContent(receipt.root), receipt.signature);
				last = { root: receipt.root, signature: receipt.signature, good };
			}
			return last.good;
		},
	};
}
