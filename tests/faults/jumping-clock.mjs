// A wall clock that somebody sets: its offset in milliseconds lies in the file CLOCK_OFFSET.
import { readFileSync } from 'node:fs';

const now = Date.now.bind(Date);
Date.now = () => {
	try {
		return now() + Number(readFileSync(process.env.CLOCK_OFFSET ?? '', 'utf8'));
	} catch {
		return now();
	}
};
