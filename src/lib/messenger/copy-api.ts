// What the interface sees of the history that one of a person's devices copies to another.

export interface CopyView {
	/** The other device. */
	readonly device: string;
	/** The messages go from here to there; otherwise they come from there. */
	readonly gives: boolean;
	/**
	 * away: the other device can't be reached. indirect: only through a relay, and copying takes a direct connection.
	 * arriving: what is left is of spaces that the device which gets it is not in yet. stopped: by somebody, on either.
	 * failed: the device that was to get it could not keep it.
	 */
	readonly state: 'away' | 'indirect' | 'arriving' | 'copying' | 'done' | 'stopped' | 'failed';
	/** Messages. */
	readonly done: number;
	readonly of: number;
}
