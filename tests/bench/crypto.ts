// What the cryptography costs in Chromium, and beside what it could cost: `npm run bench -- crypto`. 10,000 signatures
// against tweetnacl alone and against bare WebCrypto, blocks of 1 KiB, 100 MB of attachment against bare AES-GCM.
import { join } from 'node:path';
import { openPage } from '../vectors/chromium.ts';
import type { Contest, Tallies } from './crypto/page.ts';
import { percentile } from './statistics.ts';

const SIGNATURES = 10_000;
const BLOCKS = 500;
/** Of 4 MiB each: 105 MB. */
const TURNS = 25;

declare global {
	interface Window {
		readonly contest: Contest;
	}
}

const { page, close } = await openPage(join(import.meta.dirname, 'crypto/page.ts'), 'contest');
const verify = await page.evaluate((count) => window.contest.verify(count), SIGNATURES);
const sign = await page.evaluate(() => window.contest.sign());
const agree = await page.evaluate(() => window.contest.agree());
const messages = await page.evaluate((count) => window.contest.messages(count), BLOCKS);
const attachment = await page.evaluate((turns) => window.contest.attachment(turns), TURNS);
await close();

/** Units a second, by the turn in the middle: a turn in which the machine did something else says nothing. */
function rate(tallies: Tallies, name: string): number {
	const tally = tallies[name];
	if (tally === undefined) throw new Error(`no contestant ${name}`);
	const microseconds = tally.ms.map((ms) => ms * 1000);
	return (tally.units / percentile(microseconds, 0.5)) * 1e6;
}
const ratio = (tallies: Tallies, one: string, other: string): number =>
	Math.round((rate(tallies, one) / rate(tallies, other)) * 100) / 100;

for (const [bench, tallies] of Object.entries({ verify, sign, agree, messages })) {
	for (const name of Object.keys(tallies)) {
		console.log(`${bench} ${name}: ${Math.round(rate(tallies, name))}/s`);
	}
}
for (const [bench, tallies] of Object.entries(attachment)) {
	for (const name of Object.keys(tallies)) {
		console.log(`${bench} ${name}: ${Math.round(rate(tallies, name) / 1e6)} MB/s`);
	}
}

const { seal, open } = attachment;
const result = {
	bench: 'crypto',
	verify_10000_ms: Math.round((SIGNATURES / rate(verify, 'aegis')) * 1000),
	verify_vs_tweetnacl: ratio(verify, 'aegis', 'tweetnacl'),
	verify_vs_webcrypto: ratio(verify, 'aegis', 'bare'),
	fallback_verify_vs_tweetnacl: ratio(verify, 'noble', 'tweetnacl'),
	fallback_sign_vs_tweetnacl: ratio(sign, 'noble', 'tweetnacl'),
	fallback_agree_vs_tweetnacl: ratio(agree, 'noble', 'tweetnacl'),
	seal_open_1k_per_s: Math.round(rate(messages, 'aegis')),
	seal_open_1k_vs_secretbox: ratio(messages, 'aegis', 'bare'),
	attachment_seal_mb_per_s: Math.round(rate(seal, 'aegis') / 1e6),
	attachment_seal_vs_aes_gcm: ratio(seal, 'aegis', 'bare'),
	attachment_seal_vs_aes_gcm_in_one_call: ratio(seal, 'aegis', 'bareInOneCall'),
	attachment_open_vs_aes_gcm: ratio(open, 'aegis', 'bare'),
};
console.log(JSON.stringify(result));
