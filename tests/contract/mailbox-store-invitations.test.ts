// What every store has to do with the invitations of a relay's operator.
import { expect, it } from 'vitest';
import { box, describeStores, keys, NOW, opened, typeOf } from '../support/mailbox-stores.ts';
import { bytesOf } from '../support/mailbox-world.ts';
import { unwrap } from '#lib/util/result.ts';

describeStores((make) => {
	it('[MB29] makes a mailbox where an invitation that holds stands behind it, and keeps which', async () => {
		const store = await opened(make);
		const [ada, bert, nobody] = [bytesOf(71), bytesOf(72), bytesOf(73)];
		unwrap(await store.invite(ada, 'Ada', NOW));
		const other = { mailbox: bytesOf(8), ...keys };
		expect(typeOf(await store.open({ ...other, invitations: [] }))).toBe('uninvited');
		expect(typeOf(await store.open({ ...other, invitations: [bert, nobody] }))).toBe('uninvited');
		expect(await store.mailbox(bytesOf(8))).toBeUndefined();
		unwrap(await store.invite(bert, '', NOW + 1));
		expect(unwrap(await store.open({ ...other, invitations: [nobody, bert, ada] }))).toEqual({
			fresh: true,
		});
		expect((await store.mailbox(bytesOf(8)))?.invitation).toEqual(bert);
		expect(unwrap(await store.open({ ...other, invitations: [] }))).toEqual({ fresh: false });
		expect((await store.mailbox(box))?.invitation).toBeNull();
	});

	it('[MB29] [RV19] makes nothing new by an invitation that was revoked, and gives no number twice', async () => {
		const store = await opened(make);
		const [ada, bert] = [bytesOf(71), bytesOf(72)];
		const first = unwrap(await store.invite(ada, 'Ada', NOW));
		const second = unwrap(await store.invite(bert, 'Bert', NOW + 1));
		expect(await store.invitations()).toEqual([
			{ number: first, name: 'Ada', made: NOW },
			{ number: second, name: 'Bert', made: NOW + 1 },
		]);
		unwrap(await store.open({ mailbox: bytesOf(8), ...keys, invitations: [bert] }));
		expect(unwrap(await store.revoke(second))).toBe(true);
		expect(unwrap(await store.revoke(second))).toBe(false);
		expect([await store.isInvited(ada), await store.isInvited(bert)]).toEqual([true, false]);
		const more = { mailbox: bytesOf(9), ...keys, invitations: [bert] };
		expect(typeOf(await store.open(more))).toBe('uninvited');
		expect((await store.mailbox(bytesOf(8)))?.open).toBe(true);
		expect(unwrap(await store.invite(bytesOf(73), '', NOW))).toBeGreaterThan(second);
	});
});
