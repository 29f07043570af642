// A chapter as data: who is there, and steps of which each does something, lets time pass, and says what must be true then.
// A step whose truth does not hold is never shown.
import type { Packet, Place, RecordedStep } from './recording.ts';
import { createStage, type Stage, type StageParts } from './stage.ts';

export interface Step {
	readonly id: string;
	/** Who it is about; empty: everybody. */
	readonly focus?: readonly string[];
	act(stage: Stage): Promise<void>;
	/** What its words claim, seen in the world itself. */
	holds(stage: Stage): boolean | Promise<boolean>;
	/** The packet to be opened, the last of the chapter so far that fits: as somebody, the relay, or nobody (empty). */
	readonly opens?: { readonly as: string; fits(packet: Packet): boolean };
}

export interface Chapter {
	readonly id: string;
	readonly seed: number;
	readonly places: Readonly<Record<string, Place>>;
	/** How things stand before the first step. */
	prepare(stage: Stage): Promise<void>;
	readonly steps: readonly Step[];
}

/** Runs it, a step at a time. */
export async function* record(
	chapter: Chapter,
	parts: StageParts,
): AsyncGenerator<RecordedStep, void, undefined> {
	const stage = createStage(chapter.seed, parts);
	await chapter.prepare(stage);
	stage.take();
	const packets: Packet[] = [];
	for (const { id, focus = [], act, holds, opens } of chapter.steps) {
		const begin = stage.now;
		await act(stage);
		if (!(await holds(stage))) throw new Error(`not so: ${chapter.id}, ${id}`);
		const taken = stage.take();
		packets.push(...taken.packets);
		const opened = opens && packets.findLast((packet) => opens.fits(packet));
		yield {
			...{ id, focus, begin },
			end: stage.now,
			...taken,
			opened: opened ? { packet: opened.id, as: asWhom(stage, opens?.as ?? '', opened) } : null,
		};
	}
}

const asWhom = ({ relays }: Stage, as: string, { from, to }: Packet): string =>
	as === 'relay' ? (relays.has(to) ? to : from) : as;

/** That somebody sent to somebody, of this kind. */
export const sent =
	(kind: Packet['kind'], from: string, to: string) =>
	(packet: Packet): boolean =>
		packet.kind === kind && packet.from === from && packet.to === to;

/** Nothing happens: somebody looks closer at what has. */
export const look = (): Promise<void> => Promise.resolve();

/** Somebody's last message is known, on their own screen, to have come to somebody. */
export const isReceived = (stage: Stage, by: string): boolean =>
	(stage.messages(by).at(-1)?.delivery?.delivered ?? 0) > 0;

/** Whether a direct link between these two stands, in truth. */
export const areLinked = ({ world }: Stage, a: string, b: string): boolean =>
	world.network
		.connections()
		.some(
			(link) =>
				link.over === 'direct' &&
				((link.a === a && link.b === b) || (link.a === b && link.b === a)),
		);
