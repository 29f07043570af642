// What those who have turned do to the mesh: lies about who reaches whom, and about what is there.
import {
	MAX_LINKED,
	MAX_SEEN,
	peerRecordContent,
	RECORD_AGE,
	recordName,
	type PeerRecord,
} from '#lib/protocol/peer-record.ts';
import { fromHex, type Bytes } from '#lib/util/bytes.ts';
import type { Hand } from './attack-tools.ts';
import type { Attack } from './plan.ts';

const DAY = 86_400_000;

export const meshAttacks = {
	/** Says that it reaches everybody, and drops what it is given to carry; and speaks for others, past and future. */
	async 'false-records'({ attacker }: Hand) {
		const { random, space, self } = attacker;
		const now = Math.floor(attacker.node.ports().clock.now());
		const all = attacker.others().flatMap((device) => fromHex(device) ?? []);
		const record = async (changes: Partial<PeerRecord>): Promise<PeerRecord> => {
			const content = {
				space: space.id,
				device: self.device.publicKey,
				time: now,
				until: now + RECORD_AGE,
				direct: true,
				shown: true,
				relays: space.ledger.authority.epoch?.content.relays.map(({ key }) => key) ?? [],
				linked: all.slice(0, MAX_LINKED).map(recordName),
				seen: all.slice(0, MAX_SEEN).map(recordName),
				...changes,
			};
			return { ...content, signature: await self.device.sign(peerRecordContent(content)) };
		};
		const old = attacker.heard.flatMap((each) => (each.type === 'records' ? each.records : []));
		const records = [
			await record({}),
			await record({ time: now + DAY, until: now + DAY + RECORD_AGE }),
			await record({ time: now - DAY, until: now - DAY + RECORD_AGE, linked: [] }),
			await record({ until: now + 400 * DAY }),
			...(await Promise.all(
				all.slice(0, 4).map((device) => record({ device, linked: [], seen: [], relays: [] })),
			)),
			...old.filter(() => random.below(2) === 0).slice(0, 8),
		];
		for (const device of attacker.others()) {
			attacker.post.send(device, { type: 'records', records: records.slice(0, 16) });
		}
	},

	/** Tells of entries that don't exist, asks for others, and wants nothing pushed. */
	async 'false-news'({ attacker }: Hand) {
		const { random } = attacker;
		const ids = (): Bytes[] => Array.from({ length: 64 }, () => random.bytes(32));
		for (const device of attacker.others()) {
			for (let n = 0; n < 1 + random.below(70); n++) {
				const news = { have: ids(), want: ids(), prune: random.below(2) === 0 };
				attacker.post.send(device, { type: 'gossip', news });
			}
		}
		await Promise.resolve();
	},
} satisfies Partial<Record<Attack, (hand: Hand) => Promise<void>>>;
