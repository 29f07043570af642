// A relay that its operator has made one for invited people, as a process: invited, used, revoked.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bytesOf, crypto, hashOf, packetOf } from '../support/mailbox-world.ts';
import {
	reachRelay,
	runRelay,
	startRelayProcess,
	type RelayProcess,
} from '../support/relay-process.ts';
import { mailboxId } from '#lib/mailbox/proofs.ts';
import { decodeRelayLink } from '#lib/protocol/relay-link.ts';
import { toBase64Url, toHex, type Bytes } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';

let folder: string;
let relay: RelayProcess | undefined;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'relay-'));
});
afterEach(async () => {
	await relay?.end('SIGKILL');
	await rm(folder, { recursive: true });
});

const writeKey = await crypto.signingKey(bytesOf(2));
const [ownerKey, other] = [bytesOf(3), bytesOf(4)];
const mailbox = mailboxId(crypto, writeKey.publicKey, ownerKey);
const command = async (...args: string[]): Promise<string> =>
	(await runRelay([...args, '--data', folder])).output;
const clientWith = async (running: RelayProcess, invitation: Bytes | null) => {
	const { client } = reachRelay(running.url, invitation);
	return { client, access: unwrap(await client.ready).access };
};

it('[RV19] [MB29] invites by a link, serves who shows it, and ends that at once when it is revoked', async () => {
	relay = await startRelayProcess(['--data', folder, '--access', 'invited']);
	expect(relay.output()).not.toContain('#/relay/');
	const page = await (await fetch(`http://127.0.0.1:${String(relay.port)}/`)).text();
	expect(page).toContain('By invitation only');
	expect(page).not.toContain('#/relay/');

	const printed = await command('invite', '--for', 'Ada');
	const { relay: named, invitation } = unwrap(
		decodeRelayLink(/\S+#\/relay\/\S+/.exec(printed)?.[0] ?? ''),
	);
	expect(named.urls).toEqual([relay.url]);
	expect(await command('invites')).toMatch(/^1 +Ada +\d{4}-\d\d-\d\d$/m);

	const stranger = await clientWith(relay, null);
	expect(stranger.access).toBe('guest');
	const box = { writeKey, ownerKey, tokenHashes: [hashOf(1)] };
	expect(await stranger.client.open(box)).toMatchObject({ error: { type: 'uninvited' } });
	const ada = await clientWith(relay, invitation);
	expect(ada.access).toBe('invited');
	unwrap(await ada.client.open(box));
	unwrap(await stranger.client.put(mailbox, writeKey, packetOf(1)));

	expect(await command('revoke', '1')).toMatch(/holds no longer/);
	expect(await command('revoke', '1')).toMatch(/no invitation 1/);
	expect(await command('invites')).toBe('None.\n');
	const more = { ...box, ownerKey: other };
	expect(await ada.client.open(more)).toMatchObject({ error: { type: 'uninvited' } });
	expect((await clientWith(relay, invitation)).access).toBe('guest');
	unwrap(await ada.client.put(mailbox, writeKey, packetOf(2)));
});

it('[RV19] keeps invitations over a restart, and their secrets nowhere', async () => {
	relay = await startRelayProcess(['--data', folder]);
	const printed = await command('invite');
	expect(printed).toContain('This relay is open to everybody');
	const { invitation } = unwrap(decodeRelayLink(/\S+#\/relay\/\S+/.exec(printed)?.[0] ?? ''));
	await relay.end('SIGTERM');
	const kept = (await readFile(join(folder, 'mailboxes.db'))).toString('latin1');
	for (const secret of [Buffer.from(invitation ?? []).toString('latin1')]) {
		expect(secret).not.toBe('');
		expect(kept).not.toContain(secret);
	}
	for (const text of [
		toHex(invitation ?? new Uint8Array()),
		toBase64Url(invitation ?? new Uint8Array()),
	]) {
		expect(relay.output()).not.toContain(text);
	}
	relay = await startRelayProcess(['--data', folder, '--access', 'invited', '--log', 'json']);
	expect((await clientWith(relay, invitation)).access).toBe('invited');
});
