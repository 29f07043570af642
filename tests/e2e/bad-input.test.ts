// What people mistype, paste half of, or keep too long. Each time: a sentence that says so, and nothing typed is lost.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { sha256 } from '#lib/crypto/sha256.ts';
import { decodeInvitation, encodeInvitation } from '#lib/protocol/invitation.ts';
import { encodeRelayLink } from '#lib/protocol/relay-link.ts';
import { unwrap } from '#lib/util/result.ts';
import { NO_RELAY } from './support/complaints.ts';
import { found } from './support/newcomer.ts';
import { tellStory } from './support/story.ts';
import { m } from './support/words.ts';

const story = tellStory();
const relay = await story.relay();
const alice = await story.person('Alice');
const bob = await story.person('Bob');
const ISLAND = 'Island';
let link = '';

const servers: Server[] = [];
afterAll(() => {
	for (const server of servers) server.close();
});

/** Starts it on a port that is nobody's, and lets the story ask there. */
async function listen(server: Server): Promise<string> {
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
	story.allowHost(host);
	return host;
}

/** The invitation as it would be had it run out. */
const expired = (): string => {
	const invitation = unwrap(decodeInvitation(link, sha256));
	return `${relay.origin}/#/join/${encodeInvitation({ ...invitation, expiry: 1 }, sha256)}`;
};
/** One character of the middle is another. */
const mistyped = (): string => {
	const at = link.length - 40;
	return link.slice(0, at) + (link[at] === 'A' ? 'B' : 'A') + link.slice(at + 1);
};

it('asks for a name', async () => {
	await alice.visit(relay.origin);
	await alice.page.getByRole('button', { name: m.start(), exact: true }).click();
	await alice.page.getByRole('alert').getByText(m.name_missing()).waitFor();
	await alice.leave();
	link = await found(alice, relay, ISLAND);
});

it('[IN1] says what is wrong with the link that opened the page, and lets one start anyway', async () => {
	for (const [bad, complaint] of [
		[mistyped(), m.join_error_mistyped()],
		[expired(), m.join_error_expired()],
		[`${relay.origin}/#/join/hello`, m.join_error_mistyped()],
	] as const) {
		const page = await bob.visit(bad);
		await page.getByText(m.join_bad_link_title()).waitFor();
		await page.getByText(complaint).waitFor();
		expect(page.url()).toBe(`${relay.origin}/`);
		await bob.leave();
	}
	await bob.visit(expired());
	await bob.start();
	// There it is again, to be put right or closed.
	const dialog = bob.page.getByRole('dialog', { name: m.join_dialog_title() });
	await dialog.getByText(m.join_error_expired()).waitFor();
	await dialog.getByRole('button', { name: m.close() }).click();
});

it('[IN2] says what is wrong with a pasted invitation, and keeps what was pasted', async () => {
	const notALink = 'See you tonight at the island?';
	expect(await bob.spaces.pasteBad(notALink, m.join_error_not_a_link())).toBe(notALink);
	expect(await bob.spaces.pasteBad(mistyped(), m.join_error_mistyped())).toBe(mistyped());
	const half = link.slice(0, -9);
	expect(await bob.spaces.pasteBad(half, m.join_error_mistyped())).toBe(half);
	expect(await bob.spaces.pasteBad(expired(), m.join_error_expired())).toBe(expired());
});

it('takes a link that a chat program broke into lines', async () => {
	const broken = link.replaceAll(/(.{40})/g, '$1\n ');
	const card = await bob.spaces.paste(broken);
	await card.getByRole('heading', { level: 1, name: ISLAND }).waitFor();
	await card.getByRole('button', { name: m.close() }).click();
});

it('[RL3] says that an address is none', async () => {
	const address = 'where the relay is';
	expect(await bob.peers.tryRelay(address, m.relay_error_malformed())).toBe(address);
});

it('says that nothing answers, and what was tried', async () => {
	bob.expectComplaint(NO_RELAY);
	const gone = createServer();
	const address = await listen(gone);
	gone.close();
	expect(await bob.peers.tryRelay(address, m.relay_error_unreachable())).toBe(address);
});

it('says that a web server is no relay', async () => {
	const plain = await listen(createServer((_, response) => response.end('hello')));
	expect(await bob.peers.tryRelay(`ws://${plain}`, m.relay_error_unreachable())).toContain(plain);
	const chatty = createServer();
	new WebSocketServer({ server: chatty }).on('connection', (socket) => {
		socket.send(Buffer.from('welcome to something else'));
	});
	const other = await listen(chatty);
	expect(await bob.peers.tryRelay(`ws://${other}`, m.relay_error_not_a_relay())).toContain(other);
});

it('says that a relay has another key than its link', async () => {
	const url = `ws://${relay.address}/relay`;
	const wrong = encodeRelayLink(relay.origin, { key: new Uint8Array(32).fill(7), urls: [url] });
	expect(await bob.peers.tryRelay(wrong, m.relay_error_wrong_key())).toBe(wrong);
});

it('says that a relay is there already', async () => {
	const address = `ws://${relay.address}`;
	expect(await alice.peers.tryRelay(address, m.relay_error_known())).toBe(address);
});

it('has not used any of them', async () => {
	await bob.peers.shows(m.relays_none());
});
