// What people can see of a space's mesh: which devices are there, and who is connected to whom.

export interface MeshDevice {
	/** Hex. */
	readonly device: string;
	readonly rootHash: string;
	readonly name: string;
	readonly deviceName: string;
	/** This very device. */
	readonly own: boolean;
	/** How this device reaches it now; null: not at all, though others say they do. */
	readonly route: 'direct' | 'relay' | 'member' | null;
	/** Ids of the relays that it says it is connected to; as in `RelayView`. */
	readonly relays: readonly string[];
}

/** Two devices (hex) with a direct link, as at least one of them says. */
export interface MeshLink {
	readonly a: string;
	readonly b: string;
}

export interface MeshView {
	/** This device, those it reaches, and those that others say they reach. */
	readonly devices: readonly MeshDevice[];
	readonly links: readonly MeshLink[];
}
