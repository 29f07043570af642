import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	addressBytes,
	decodeBindingRequest,
	encodeBindingAnswer,
} from '../../../relay-server/stun.ts';
import { fromHex, toHex } from '#lib/util/bytes.ts';

// Transaction and mapped addresses of RFC 5769 §2.2 and §2.3.
const TRANSACTION = 'b7e7a701bc34d686fa87dfae';
const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array();
const request = (attributes = ''): Uint8Array =>
	bytes(
		`0001${(attributes.length / 2).toString(16).padStart(4, '0')}2112a442${TRANSACTION}${attributes}`,
	);

describe('STUN', () => {
	it('[RV6] tells IPv4 and IPv6 addresses as RFC 5769 has them', () => {
		const asked = decodeBindingRequest(request());
		if (asked === undefined) throw new Error('not understood');
		const v4 = encodeBindingAnswer(asked, '192.0.2.1', 32853);
		expect(toHex(v4 ?? bytes(''))).toBe(`0101000c2112a442${TRANSACTION}002000080001a147e112a643`);
		expect(encodeBindingAnswer(asked, '::ffff:192.0.2.1', 32853)).toEqual(v4);
		const v6 = encodeBindingAnswer(asked, '2001:db8:1234:5678:11:2233:4455:6677', 32853);
		expect(toHex(v6 ?? bytes(''))).toBe(
			`010100182112a442${TRANSACTION}002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9`,
		);
	});

	it('[RV6] ignores what browsers add, and refuses what it does not understand', () => {
		expect(decodeBindingRequest(request('8022000474657374' + '00240004ffffffff'))?.unknown).toEqual(
			[],
		);
		const odd = decodeBindingRequest(request('7ffe000100000000'));
		expect(odd?.unknown).toEqual([0x7ffe]);
		const refusal = odd === undefined ? undefined : encodeBindingAnswer(odd, '192.0.2.1', 1);
		expect(toHex(refusal ?? bytes(''))).toBe(
			`011100102112a442${TRANSACTION}0009000400000414000a00027ffe0000`,
		);
	});

	it('[RV6] gives no answer to anything else, and never throws', () => {
		const good = request('8022000474657374');
		for (const wrong of [
			good.subarray(0, 19),
			good.subarray(0, good.length - 4),
			request('80220005746573740000').subarray(0, 28),
			request('8022ffff74657374'),
			bytes(`010100002112a442${TRANSACTION}`),
			bytes(`000100002112a443${TRANSACTION}`),
			new Uint8Array(2000),
		]) {
			expect(decodeBindingRequest(wrong)).toBeUndefined();
		}
		const nearly = fc.tuple(fc.nat(27), fc.nat(255)).map(([at, value]) => {
			const changed = good.slice();
			changed[at] = value;
			return changed;
		});
		fc.assert(
			fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), nearly), (input) => {
				const asked = decodeBindingRequest(input);
				if (asked !== undefined) encodeBindingAnswer(asked, '192.0.2.1', 1);
			}),
		);
	});

	it('[RV6] reads every way to write an IPv6 address', () => {
		fc.assert(
			fc.property(fc.ipV6(), (address) => {
				expect([4, 16]).toContain(addressBytes(address)?.length);
			}),
		);
		expect(toHex(addressBytes('fe80::1%eth0') ?? bytes(''))).toBe('fe80' + '0'.repeat(27) + '1');
		expect(addressBytes('nonsense')).toBeUndefined();
	});
});
