// Runs a recorded chapter back and forth: which step, how far into it, what is to be seen then. Draws nothing, and knows no
// clock: whoever draws says how much time has passed.
import type { Listener, Outline } from '#lib/explainer/explaining.ts';
import type { Packet, RecordedStep, Scene } from '#lib/explainer/recording.ts';
import { isDrawn, paceOf, type Pace } from './pace.ts';
import { shareUnchanged } from './sharing.ts';

interface Timed {
	readonly packet: Packet;
	readonly from: number;
	readonly to: number;
}

interface PlayedStep {
	readonly step: RecordedStep;
	readonly pace: Pace;
	readonly flights: readonly Timed[];
	readonly scenes: readonly { readonly from: number; readonly scene: Scene }[];
}

export interface Flight {
	readonly packet: Packet;
	/** How much of the way, 0 … 1. */
	readonly done: number;
}

/** How long a step stands still before the next one when all are played, milliseconds. */
const DWELL = 3500;
const NO_SCENE: Scene = { time: 0, people: [], relays: [], links: [] };

function played(step: RecordedStep, last: Scene | undefined): PlayedStep {
	const pace = paceOf(step);
	return {
		step,
		pace,
		flights: step.packets.filter(isDrawn).map((packet) => ({
			packet,
			from: pace.seenAt(packet.left),
			to: pace.seenAt(packet.at),
		})),
		scenes: shareUnchanged(step.scenes, last).map((scene) => ({
			from: pace.seenAt(scene.time),
			scene,
		})),
	};
}

export class Player {
	outline = $state.raw<Outline | null>(null);
	failed = $state<string | null>(null);
	#steps = $state.raw<readonly PlayedStep[]>([]);
	index = $state(0);
	/** Watched milliseconds into the step. */
	position = $state(0);
	/** The step moves on by itself; `all`: and then the next one. */
	moving = $state(false);
	all = $state(false);
	/** How many times as fast. */
	speed = $state(1);
	/** Everything is shown as it is in the end, at once. */
	still = false;
	#dwelt = 0;

	readonly step = $derived(this.#steps[this.index]?.step ?? null);
	readonly ready = $derived(this.#steps.length);
	/** Of free play nobody knows how many there will be. */
	readonly count = $derived(Math.max(this.outline?.steps.length ?? 0, this.ready));
	readonly duration = $derived(this.#steps[this.index]?.pace.duration ?? 0);
	readonly scene = $derived.by<Scene>(() => {
		const current = this.#steps[this.index];
		return (
			current?.scenes.findLast(({ from }) => from <= this.position)?.scene ??
			current?.scenes[0]?.scene ??
			NO_SCENE
		);
	});
	readonly flights = $derived.by<readonly Flight[]>(() => {
		const at = this.position;
		return (
			(this.#steps[this.index]?.flights ?? [])
				// What a router has dropped stays in sight.
				.filter(({ packet, from, to }) => from < at && (at < to || packet.dropped))
				.map(({ packet, from, to }) => ({ packet, done: Math.min(1, (at - from) / (to - from)) }))
		);
	});
	/** Of the step, as far as they have been seen. */
	readonly packets = $derived(this.step?.packets.filter(isDrawn) ?? []);
	readonly opened = $derived.by(() => {
		const opened = this.step?.opened;
		if (!opened) return null;
		const packet = this.find(opened.packet);
		return packet ? { packet, as: opened.as } : null;
	});

	find(id: number): Packet | undefined {
		for (const { step } of this.#steps) {
			const packet = step.packets.find((each) => each.id === id);
			if (packet) return packet;
		}
		return undefined;
	}

	/** Begins a chapter; its steps come as they are run. */
	open(begin: (listener: Listener) => void): void {
		this.outline = null;
		this.failed = null;
		this.#steps = [];
		this.index = 0;
		this.position = 0;
		this.moving = !this.still;
		this.all = false;
		begin({
			onOutline: (outline) => (this.outline = outline),
			onStep: (step) => {
				const last = this.#steps.at(-1)?.scenes.at(-1)?.scene;
				this.#steps = [...this.#steps, played(step, last)];
				if (this.outline?.steps.length === 0 && this.ready > 1) this.go(this.ready - 1);
				if (this.still && this.#steps.length === 1) this.position = this.duration;
			},
			onFailed: (detail) => (this.failed = detail),
		});
	}

	/** From the beginning of this step, or its end where nothing is to move. */
	go(index: number): void {
		if (index < 0 || index >= this.ready) return;
		this.index = index;
		this.#dwelt = 0;
		this.position = this.still ? this.duration : 0;
		this.moving = !this.still;
	}

	next(): void {
		this.go(this.index + 1);
	}

	/** The step before, as it ended. */
	back(): void {
		if (this.index === 0) {
			this.go(0);
			return;
		}
		this.go(this.index - 1);
		this.position = this.duration;
		this.moving = false;
	}

	/** Everything from here on, or a halt. */
	play(): void {
		this.all = !this.all;
		this.moving = this.all;
		this.#dwelt = 0;
		if (!this.all) return;
		const isOver = this.index === this.count - 1 && this.position >= this.duration;
		if (isOver) this.go(0);
	}

	/** To a place in the whole chapter: the step, and how much of it (0 … 1). */
	scrub(value: number): void {
		const index = Math.min(Math.floor(value), this.ready - 1);
		if (index < 0) return;
		this.all = this.moving = false;
		this.index = index;
		this.position = Math.min(1, value - index) * this.duration;
	}

	/** Some time has passed, milliseconds. */
	tick(ms: number): void {
		if (!this.moving || this.step === null) return;
		if (this.position < this.duration) {
			this.position = Math.min(this.duration, this.position + ms * this.speed);
			return;
		}
		if (!this.all) {
			this.moving = false;
			return;
		}
		this.#dwelt += ms * this.speed;
		if (this.#dwelt < DWELL) return;
		if (this.index + 1 < this.ready) this.go(this.index + 1);
		else if (this.index + 1 >= this.count) this.all = this.moving = false;
	}
}
