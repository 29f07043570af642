// How a picture lies on the screen: how large, and how far from the middle. Bounded, so that it never gets lost.

export const MAX_SCALE = 8;
const MIN_SCALE = 1;

export interface Point {
	/** Pixels from the middle of the screen. */
	readonly x: number;
	readonly y: number;
}

export class Zoom {
	scale = $state(1);
	x = $state(0);
	y = $state(0);
	#width = 0;
	#height = 0;

	/** The picture's size on the screen at scale 1, pixels. */
	measure(width: number, height: number): void {
		this.#width = width;
		this.#height = height;
	}

	get isZoomed(): boolean {
		return this.scale > MIN_SCALE;
	}

	/** Larger or smaller by a factor; what lies under `at` stays there. */
	by(factor: number, at: Point = { x: 0, y: 0 }): void {
		const scale = Math.min(MAX_SCALE, Math.max(MIN_SCALE, this.scale * factor));
		const change = scale / this.scale;
		this.scale = scale;
		this.#move(at.x - (at.x - this.x) * change, at.y - (at.y - this.y) * change);
	}

	pan(dx: number, dy: number): void {
		this.#move(this.x + dx, this.y + dy);
	}

	reset(): void {
		this.scale = 1;
		this.#move(0, 0);
	}

	/** Its edges go no further than half of what it has grown. */
	#move(x: number, y: number): void {
		const reach = (size: number): number => (size * (this.scale - 1)) / 2;
		const within = (value: number, most: number): number => Math.min(most, Math.max(-most, value));
		this.x = within(x, reach(this.#width));
		this.y = within(y, reach(this.#height));
	}
}
