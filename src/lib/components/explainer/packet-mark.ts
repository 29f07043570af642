// How a packet looks on the stage: messages are envelopes, everything else dots; what a router has stopped is crossed out.
import type { PacketKind } from '#lib/explainer/recording.ts';

export type Ink = 'message' | 'file' | 'control' | 'probe' | 'other' | 'stopped';
/** Colours by what they are for; paper: of what is written upon a message. */
export type Inks = Readonly<Partial<Record<string, string>>>;

interface Mark {
	readonly kind: PacketKind;
	readonly x: number;
	readonly y: number;
	readonly isStopped: boolean;
}

const ROUND = 2 * Math.PI;
/** Half of an envelope, and a cross, in pixels. */
const ENVELOPE = { x: 9, y: 6.5, corner: 2 } as const;
const CROSS = 5;
/** A piece of a file. */
const SHEET = { x: 5, y: 6.5 } as const;

export const inkOf = (kind: PacketKind): Ink =>
	kind === 'message' || kind === 'control' || kind === 'file'
		? kind
		: kind === 'signal' || kind === 'check'
			? 'probe'
			: 'other';

export function drawPacket(
	to: CanvasRenderingContext2D,
	inks: Inks,
	{ kind, x, y, isStopped }: Mark,
): void {
	if (isStopped) {
		stroke(to, inks['stopped'], 2.5, [
			[x - CROSS, y - CROSS, x + CROSS, y + CROSS],
			[x - CROSS, y + CROSS, x + CROSS, y - CROSS],
		]);
		return;
	}
	to.fillStyle = inks[inkOf(kind)] ?? '';
	to.beginPath();
	if (kind === 'file') {
		to.roundRect(x - SHEET.x, y - SHEET.y, 2 * SHEET.x, 2 * SHEET.y, ENVELOPE.corner);
		to.fill();
		return;
	}
	if (kind !== 'message') {
		to.arc(x, y, kind === 'control' ? 5 : 3.6, 0, ROUND);
		to.fill();
		return;
	}
	to.roundRect(x - ENVELOPE.x, y - ENVELOPE.y, 2 * ENVELOPE.x, 2 * ENVELOPE.y, ENVELOPE.corner);
	to.fill();
	stroke(to, inks['paper'], 1.4, [
		[x - ENVELOPE.x + 2, y - ENVELOPE.y + 2.5, x, y + 1],
		[x, y + 1, x + ENVELOPE.x - 2, y - ENVELOPE.y + 2.5],
	]);
}

function stroke(
	to: CanvasRenderingContext2D,
	ink: string | undefined,
	width: number,
	lines: readonly (readonly [number, number, number, number])[],
): void {
	to.strokeStyle = ink ?? '';
	to.lineWidth = width;
	to.lineCap = 'round';
	to.beginPath();
	for (const [fromX, fromY, toX, toY] of lines) {
		to.moveTo(fromX, fromY);
		to.lineTo(toX, toY);
	}
	to.stroke();
}
