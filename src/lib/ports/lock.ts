// One tab at a time holds the node, because two writers of one feed would fork it. The real lock lives in platform/.

export interface HeldNode {
	readonly held: true;
	/**
	 * Called once when another tab takes over: stop the node, and settle when nothing more will be written. Set it
	 * before the first await after getting the lock.
	 */
	onLost: (() => void | Promise<void>) | undefined;
	release(): void;
}

export interface BusyNode {
	readonly held: false;
	/** Asks the other tab to stop, waits a little, and takes the node in any case. */
	takeOver(): Promise<HeldNode>;
}

export interface NodeLock {
	requestNode(name: string): Promise<HeldNode | BusyNode>;
}
