// Who is writing, in words: up to two by their names. [TY2]
import { m } from '#lib/paraglide/messages.js';

/** null where nobody is. */
export function writingLine(names: readonly string[]): string | null {
	const all = [...new Set(names)];
	const [name, other] = all;
	if (name === undefined) return null;
	if (other === undefined) return m.typing_one({ name });
	return all.length === 2 ? m.typing_two({ name, other }) : m.typing_many({ count: all.length });
}
