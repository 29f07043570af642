// How a relay is told of: to the app as `/relay.json`, to people as text, link and code. [RV3]

export interface RelayDescription {
	readonly version: number;
	/** Relay key, base64url. */
	readonly key: string;
	readonly urls: readonly string[];
	readonly link: string;
	/** Address of a relay that anybody may use, if the operator names one. */
	readonly publicRelay?: string;
}
