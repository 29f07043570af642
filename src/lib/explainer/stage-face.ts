// What chapters and free play can do on a stage, and see of it.
import type { InvitationView, MessageView, ModerationError } from '#lib/messenger/api.ts';
import type { ContentStore } from '#lib/ports/content-store.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { KeyValueStore } from '#lib/ports/store.ts';
import type { Attacker } from '#lib/simulation/attacker.ts';
import type { SimulatedRelay } from '#lib/simulation/network.ts';
import type { Router } from '#lib/simulation/router.ts';
import type { NodeOptions, SimulatedNode, Simulation } from '#lib/simulation/simulation.ts';
import type { Result } from '#lib/util/result.ts';
import type { Packet, Scene } from './recording.ts';

/** What the platform gives for a world. */
export interface StageParts {
	/** Resolves once all promise callbacks have run. */
	readonly settle: () => Promise<void>;
	readonly openStore: (node: string) => KeyValueStore;
	readonly openContent: (node: string) => ContentStore;
	/** Faster cryptography where there is some; its answers must come in the order of the questions. */
	readonly crypto?: CryptoProvider;
}

export interface PersonOptions extends Pick<NodeOptions, 'identify' | 'rootSeed'> {
	readonly router?: Router;
}

export interface Stage {
	readonly world: Simulation;
	readonly people: ReadonlyMap<string, SimulatedNode>;
	readonly relays: ReadonlyMap<string, SimulatedRelay>;
	/** The space that the story plays in, hex; empty before there is one. */
	readonly space: string;
	addRelay(name: string): Promise<SimulatedRelay>;
	addPerson(name: string, options?: PersonOptions): Promise<SimulatedNode>;
	person(name: string): SimulatedNode;
	relay(name: string): SimulatedRelay;
	stopRelay(name: string): void;
	startRelay(name: string): void;
	useRelay(person: string, relay: string): Promise<void>;
	found(by: string): Promise<void>;
	invite(by: string): Promise<InvitationView>;
	/** From here on this person's device runs a client that keeps to no rule but what it is told. */
	turn(name: string): Promise<Attacker>;
	/** Another device of somebody: links it as people do, both screens at hand. */
	addDevice(of: string, name: string, router?: Router): Promise<SimulatedNode>;
	/** By a link of somebody who is in; waits until the person is in too. */
	bringIn(by: string, who: string): Promise<void>;
	say(by: string, text: string): Promise<void>;
	/** A text with a file of so many bytes. */
	sendFile(by: string, text: string, name: string, size: number): Promise<void>;
	/** Files of which this person's device keeps something. */
	filesOn(person: string): Promise<number>;
	/** Files of which this relay keeps something. */
	filesHeldBy(relay: string): number;
	/** What this person's screen shows, oldest first. */
	messages(of: string): readonly MessageView[];
	shows(person: string, text: string): boolean;
	rootOf(person: string): string;
	isRunning(name: string): boolean;
	/** This person sits behind another router from here on: all connections end, and are made anew where they can be. */
	move(person: string, router: Router): void;
	/** Nothing passes between these two from here on, or again. */
	cut(a: string, b: string): void;
	/** Somebody is gone for good. */
	remove(person: string): Promise<void>;
	/** Frames take so many hundreds of milliseconds longer from here on. */
	slow(hundreds: number): void;
	/** These people look at another space from here on. */
	goTo(space: string, people: readonly string[]): void;
	run(ms: number): Promise<void>;
	/** Lets time pass until the condition holds; throws when it doesn't within `ms`. */
	until(condition: () => boolean, ms: number, what: string): Promise<void>;
	/** Runs something that takes time in this world. */
	finish<T>(work: Promise<T>): Promise<T>;
	/** The same, and expects it to succeed. */
	done<T>(work: Promise<Result<T, { readonly type: string } | ModerationError>>): Promise<T>;
	/** A packet that fits has come since the last step. */
	seen(fits: (packet: Packet) => boolean): boolean;
	/** What has passed since the last time, and how things have looked meanwhile: the last scene again first. */
	take(): { readonly packets: readonly Packet[]; readonly scenes: readonly Scene[] };
	readonly now: number;
}
