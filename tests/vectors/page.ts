// The page of the known answers: the same runs as in Node, by the browser's own cryptography.
import { createWebCryptoGcm, sealsRightly } from '#lib/crypto/aes-gcm.ts';
import { createNobleGcm } from '#lib/crypto/aes-gcm-noble.ts';
import { agreesRightly, signsStrictly } from '#lib/crypto/backend-webcrypto.ts';
import { backends } from './backends.ts';
import type { Files } from './files.ts';
import { runGcm, runProvider, type Report } from './run.ts';

let files: Files | undefined;

function vectors(): Files {
	if (files === undefined) throw new Error('no vectors yet');
	return files;
}

const knownAnswers = {
	load: (given: Files): void => {
		files = given;
	},
	async provider(name: string): Promise<Report> {
		const create = backends[name];
		if (create === undefined) throw new Error(`no backend ${name}`);
		return runProvider(create(), vectors());
	},
	gcm: (platform: boolean): Promise<Report> =>
		runGcm(platform ? createWebCryptoGcm(crypto.subtle) : createNobleGcm, vectors()),
	platform: async () => ({
		signs: await signsStrictly(crypto.subtle),
		agrees: await agreesRightly(crypto.subtle),
		seals: await sealsRightly(crypto.subtle),
	}),
};

export type KnownAnswers = typeof knownAnswers;
Object.assign(globalThis, { knownAnswers });
