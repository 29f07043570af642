// What a stage needs of the platform, in tests.
import type { StageParts } from '#lib/explainer/stage.ts';
import { createMemoryDisk, type MemoryDisk } from '#lib/storage/memory.ts';
import { createMemoryContent, type MemoryContent } from '#lib/storage/memory-content.ts';
import { createNativeCrypto } from '../simulation/native-crypto.ts';

export function stageParts(): StageParts {
	const disks = new Map<string, MemoryDisk>();
	const contents = new Map<string, MemoryContent>();
	const of = <T>(kept: Map<string, T>, name: string, make: () => T): T => {
		const found = kept.get(name) ?? make();
		kept.set(name, found);
		return found;
	};
	return {
		settle: () => new Promise((resolve) => setImmediate(resolve)),
		openStore: (node) => of(disks, node, createMemoryDisk).open(),
		openContent: (node) => of(contents, node, createMemoryContent).open(),
		crypto: createNativeCrypto(),
	};
}
