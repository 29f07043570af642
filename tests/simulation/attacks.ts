// What those who have turned do. Each attack notes which of the entries it makes must never count, whatever else happens.
import { newEpoch } from '#lib/messenger/space/epochs.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import { composeEntry } from '#lib/messenger/space/composing.ts';
import { mailboxId, tokenHash } from '#lib/mailbox/proofs.ts';
import { EPOCH_REASON, type Admit, type Content } from '#lib/protocol/content.ts';
import { KIND, type Packet } from '#lib/protocol/entry.ts';
import { joinProofContent } from '#lib/protocol/lobby.ts';
import { encodeLinkFrame } from '#lib/protocol/link-frame.ts';
import { enrolContent } from '#lib/protocol/moderation.ts';
import { equal, fromHex, toHex } from '#lib/util/bytes.ts';
import { stripped, type Attacker } from '#lib/simulation/attacker.ts';
import { meshAttacks } from './mesh-attacks.ts';
import type { Attack } from './plan.ts';
import { message, overreaching, packetsOf, peopleOf, puppet, type Hand } from './attack-tools.ts';
import type { Scene } from './scene.ts';

const DAY = 86_400_000;

export async function attack(scene: Scene, attacker: Attacker, how: Attack): Promise<void> {
	const hand: Hand = {
		scene,
		attacker,
		forbid(entry, what, kind = 'alien') {
			scene.wrong.set(entry.key, { who: attacker.node.name, what, kind });
			return entry;
		},
	};
	await attacks[how](hand);
}

const attacks: Record<Attack, (hand: Hand) => Promise<void>> = {
	async message({ attacker }) {
		const entry = await attacker.write(message(attacker, `${attacker.node.name} still here`));
		await attacker.tell([entry.packet]);
	},

	/** In somebody else's name, with its own signature. */
	async forge({ attacker, forbid }) {
		const { random, space } = attacker;
		const written = await attacker.compose(message(attacker, 'not by whom it says'));
		const left = await attacker.compose({ kind: KIND.leave });
		const forged: Entry[] = [];
		for (const entry of [written, left]) {
			const author = random.pick([...peopleOf(attacker), random.bytes(32)]);
			forged.push(await attacker.resign(entry, { author }));
			const feed = random.pick([...space.ledger.feeds.values()]);
			if (equal(feed.device, attacker.self.device.publicKey)) continue;
			const place = { device: feed.device, seq: feed.seq + 1, prev: feed.head };
			if (feed.seq >= 0) forged.push(await attacker.resign(entry, { author, ...place }));
		}
		for (const entry of forged) forbid(entry, 'forgery');
		await attacker.tell(packetsOf(forged));
	},

	async 'bad-signature'({ attacker, forbid }) {
		const entry = await attacker.compose(message(attacker, 'unsigned'));
		const other = await attacker.resign(entry, { expiry: 1 });
		// The same entry is told rightly signed nowhere.
		forbid(other, 'unsigned entry');
		const signature = attacker.random.bytes(64);
		await attacker.tell([{ ...other.packet, signature }]);
	},

	/** Two entries in one place, told to different devices. */
	async fork({ attacker }) {
		const { random } = attacker;
		const contents: Content[] = [
			message(attacker, 'one thing'),
			message(attacker, 'another'),
			overreaching({ attacker } as Hand),
			{ kind: KIND.leave },
		];
		const first = await attacker.compose(random.pick(contents));
		const second = await attacker.write(random.pick(contents));
		const after = await attacker.write(message(attacker, 'and on'));
		const devices = attacker.others();
		const here = devices.filter(() => random.below(2) === 0);
		await attacker.tell([first.packet], here);
		await attacker.tell(
			packetsOf([second, after]),
			devices.filter((device) => !here.includes(device)),
		);
	},

	/** Older than what it names, and older than what it follows. */
	async backdate({ attacker, forbid }) {
		const { random, space } = attacker;
		const entry = await attacker.compose(overreaching({ attacker } as Hand));
		const [head] = space.ledger.authorityHeads();
		const seen = head && space.ledger.control.get(toHex(head));
		const ms = (seen?.entry.header.time.ms ?? 1000) - 1 - random.below(1000);
		const early = await attacker.resign(entry, {
			time: { ms, counter: 0 },
			authorityHeads: head === undefined ? [] : [head],
		});
		forbid(early, 'backdated entry');
		// As if it had seen nothing but the beginning.
		const [genesis] = [...space.ledger.control.values()].filter(
			({ content }) => content.kind === KIND.genesis,
		);
		const content = overreaching({ attacker } as Hand);
		const unseeing = await attacker.write(content, {
			authorityHeads: genesis === undefined ? [] : [genesis.entry.id],
		});
		forbid(unseeing, `blind act of kind ${content.kind}`, 'powerless');
		await attacker.tell(packetsOf([early, unseeing]));
	},

	async 'far-ahead'({ attacker }) {
		const ms = attacker.node.ports().clock.now() + DAY * (1 + attacker.random.below(400));
		const time = { ms: Math.floor(ms), counter: 0 };
		const entry = await attacker.write(message(attacker, 'from the future'), { time });
		await attacker.tell([entry.packet]);
	},

	/** Says again what others have said, to whomever. */
	async replay({ attacker }) {
		for (const each of attacker.heard) {
			for (const device of attacker.others()) {
				if (attacker.random.below(3) === 0) attacker.post.send(device, each);
			}
		}
		const packets = attacker.heard.flatMap((each) => (each.type === 'entries' ? each.packets : []));
		if (packets[0] !== undefined) await attacker.tell([packets[0]]);
	},

	/** Very many entries, rightly made, some of them far ahead of the feed so that they must wait. */
	async flood({ attacker }) {
		const { random } = attacker;
		const count = random.below(20) === 0 ? 2000 : 50 + random.below(150);
		const entries: Entry[] = [];
		const { crypto } = attacker.node.ports();
		const { self } = attacker;
		let last = await attacker.write(message(attacker, 'flood 0'));
		entries.push(last);
		const gap = random.below(3) === 0 ? 1 : 0;
		for (let n = 1; n < count; n++) {
			last = await composeEntry(
				{ crypto, random, device: self.device },
				{
					...last.header,
					seq: last.header.seq + 1 + (n === 1 ? gap : 0),
					prev: last.id,
					time: { ms: last.header.time.ms + 1, counter: 0 },
				},
				{
					epoch: last.header.key.epoch,
					controlKey: new Uint8Array(32),
					recipients: [],
				},
				message(attacker, `flood ${n}`),
			);
			entries.push(last);
		}
		for (let n = 0; n < entries.length; n += 64) {
			const packets = packetsOf(entries.slice(n, n + 64));
			for (const device of attacker.others())
				attacker.post.send(device, { type: 'entries', packets });
		}
	},

	async oversized({ attacker }) {
		const { random } = attacker;
		attacker.raw(new Uint8Array(262_209));
		const entry = await attacker.compose(message(attacker, 'x'.repeat(8192)));
		const packet = { ...entry.packet, body: random.bytes(16_000) };
		const many = Array.from({ length: 65 }, () => entry.packet);
		for (const device of attacker.others()) {
			attacker.post.send(device, { type: 'entries', packets: [packet] });
			attacker.post.send(device, { type: 'entries', packets: many });
		}
	},

	/** Bytes that mean nothing, on links and in mailboxes. */
	async garbage({ attacker }) {
		const { random, space, pool } = attacker;
		for (let n = 0; n < 5; n++) {
			attacker.raw(
				encodeLinkFrame({ type: 'space', tag: random.bytes(32), envelope: random.bytes(500) }),
			);
		}
		attacker.raw(random.bytes(random.below(300)));
		const { epoch } = space.ledger.authority;
		const grant = epoch && space.ring.get(epoch.id)?.grant;
		if (!grant) return;
		const { crypto } = attacker.node.ports();
		const writeKey = await crypto.signingKey(grant.writeSeed);
		const mailbox = mailboxId(crypto, writeKey.publicKey, epoch.content.ownerKey);
		for (const { key } of epoch.content.relays) {
			const client = pool.client(toHex(key));
			await client?.put(mailbox, writeKey, {
				packet: random.bytes(32),
				ttl: 3600,
				deleteHash: random.bytes(32),
				to: null,
				block: random.bytes(1024),
			});
		}
	},

	async unauthorized(hand) {
		const { attacker, forbid } = hand;
		for (let n = 0; n < 3; n++) {
			const content = overreaching(hand);
			const entry = await attacker.write(content);
			forbid(entry, `act of kind ${content.kind}`, 'powerless');
			await attacker.tell([entry.packet]);
		}
	},

	/** A device of its own in somebody else's name, and the end of somebody else's device. */
	async 'false-device'(hand) {
		const { attacker, forbid } = hand;
		const { random, space } = attacker;
		const { member, device } = await puppet(hand);
		const token = random.bytes(32);
		const proof = await device.sign(enrolContent(space.id, { member, tokenHash: token }));
		const epoch = space.ledger.authority.epoch?.id ?? new Uint8Array(16);
		const enrol = await attacker.write({
			kind: KIND.enrol,
			member,
			proof,
			tokenHash: token,
			epoch,
			step: 1,
		});
		const victim = random.pick([...attacker.others().flatMap((hex) => fromHex(hex) ?? []), token]);
		// Signed by its own root, which has no say over that device; or in the name of another root, unsigned.
		const signed = await attacker.self.root.revoke(space.id, victim, []);
		const { rootKey } = member.certificate;
		const unsigned = { ...signed, rootKey, proof: random.bytes(64) };
		const revoke = await attacker.write(random.below(2) === 0 ? signed : unsigned);
		forbid(enrol, 'false device');
		forbid(revoke, 'end of another’s device');
		await attacker.tell(packetsOf([enrol, revoke]));
	},

	/** Makes itself a Powernode, and acts as one. */
	async 'self-grant'(hand) {
		const { attacker, forbid } = hand;
		const grant = await attacker.write({ kind: KIND.grant, target: attacker.self.rootHash });
		forbid(grant, 'grant to itself');
		const content = overreaching(hand);
		const acted = forbid(await attacker.write(content), 'act on its own grant', 'powerless');
		await attacker.tell(packetsOf([grant, acted]));
	},

	/** Lets in more puppets than its invitation has uses. */
	async 'over-admit'(hand) {
		const { attacker, scene } = hand;
		const { random, space } = attacker;
		const { crypto } = attacker.node.ports();
		const inviteKey = await crypto.signingKey(random.bytes(32));
		const invite = await attacker.write({
			kind: KIND.invite,
			inviteKey: inviteKey.publicKey,
			uses: 1,
			expiry: 0,
			role: 0,
			lobbySecret: random.bytes(32),
			relays: [],
		});
		const admissions: Entry[] = [];
		for (let n = 0; n < 3; n++) {
			const { root, member } = await puppet(hand);
			const content: Admit = {
				kind: KIND.admit,
				invite: invite.id,
				proof: await inviteKey.sign(joinProofContent(crypto, space.id, root, member)),
				member,
				tokenHash: await tokenHash(crypto, random.bytes(32)),
				epoch: space.ledger.authority.epoch?.id ?? new Uint8Array(16),
				step: 1,
			};
			admissions.push(await attacker.write(content));
		}
		scene.atMost.push({ count: 1, keys: admissions.map(({ key }) => key) });
		// And one who has shown no link at all.
		const { member } = await puppet(hand);
		const uninvited = await attacker.write({
			kind: KIND.admit,
			invite: random.pick([...space.ledger.authority.invites.values()].map(({ id }) => id)),
			proof: random.bytes(64),
			member,
			tokenHash: random.bytes(32),
			epoch: space.ledger.authority.epoch?.id ?? new Uint8Array(16),
			step: 1,
		});
		hand.forbid(uninvited, 'admission without a proof');
		await attacker.tell(packetsOf([invite, ...admissions, uninvited]));
	},

	/** An epoch that leaves somebody out, or lets a stranger read. */
	async 'wrong-epoch'(hand) {
		const { attacker, forbid } = hand;
		const { random, space } = attacker;
		const ports = attacker.node.ports();
		const relays = space.ledger.authority.epoch?.content.relays ?? [];
		const { content, sealing } = await newEpoch(
			ports,
			attacker.self.device.publicKey,
			space,
			EPOCH_REASON.removal,
			relays,
		);
		if (content.kind !== KIND.epoch || content.recipients.length < 2) return;
		const out = random.below(content.recipients.length);
		const stranger = { device: random.bytes(32), tokenHash: random.bytes(32) };
		const recipients =
			random.below(2) === 0
				? content.recipients.filter((_, n) => n !== out)
				: [...content.recipients, stranger];
		const place = (await attacker.compose({ kind: KIND.leave })).header;
		const entry = await composeEntry(
			{ crypto: ports.crypto, random, device: attacker.self.device },
			place,
			sealing,
			{ ...content, recipients },
		);
		forbid(entry, 'epoch for the wrong people');
		await attacker.tell([entry.packet]);
	},

	/** Builds on what nobody has. */
	async 'unknown-heads'({ attacker, forbid }) {
		const { random } = attacker;
		const entries: Entry[] = [];
		for (let n = 0; n < 20; n++) {
			const heads = Array.from({ length: 1 + random.below(16) }, () => random.bytes(32));
			const content = n % 2 === 0 ? message(attacker, 'on sand') : ({ kind: KIND.leave } as const);
			entries.push(await attacker.compose(content, { authorityHeads: heads }));
		}
		for (const entry of entries) forbid(entry, 'entry on what nobody has');
		await attacker.tell(packetsOf(entries));
	},

	/** Hands on what others wrote, without what is in it; and answers so from now on. */
	async strip({ attacker }) {
		const { space, random } = attacker;
		attacker.manner = 'strips';
		const packets: Packet[] = [...space.ledger.control.values()].map(({ entry }) => entry.packet);
		for (const { device } of space.ledger.feeds.values()) {
			packets.push(...(await space.kept.packets(device, 0, Infinity, 64)));
		}
		const bare = packets.map((packet) => stripped(packet, random));
		for (const device of attacker.others()) {
			attacker.post.send(device, { type: 'entries', packets: bare });
		}
	},

	/** Says that it holds more than there is, and other things in the same places. */
	async lie({ attacker }) {
		const { random, space } = attacker;
		attacker.manner = random.pick(['withholds', 'serves', 'strips']);
		for (const feed of space.ledger.feeds.values()) {
			const kind = random.below(4);
			if (kind === 0) continue;
			attacker.claims.push({
				feed: feed.device,
				seq: Math.max(0, feed.seq) + (kind === 1 ? 0 : random.below(1000)),
				id: random.bytes(32),
			});
		}
		attacker.claims.push({ feed: random.bytes(32), seq: 5, id: random.bytes(32) });
		for (const device of attacker.others()) {
			attacker.post.send(device, {
				type: 'pull',
				control: [random.bytes(32)],
				have: [random.bytes(32)],
				ranges: [{ feed: random.bytes(32), from: 0, to: 2 ** 40 }],
				wantsKeys: random.below(2) === 0 ? attacker.node.self.member.prekey : null,
			});
		}
		await Promise.resolve();
	},
	...meshAttacks,
};
