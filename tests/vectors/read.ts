// Reads the vectors from the disk.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PATHS, type Files } from './files.ts';

export const readVectors = (): Files =>
	Object.fromEntries(
		Object.entries(PATHS).map(([name, path]) => [
			name,
			JSON.parse(readFileSync(join(import.meta.dirname, path), 'utf8')) as unknown,
		]),
	) as unknown as Files;
