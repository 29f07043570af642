// How far a message has got.

/** Where a message of mine is, and only what is known to be true. */
export type Delivery =
	| { readonly state: 'queued'; readonly delivered: number; readonly of: number }
	| {
			readonly state: 'stored';
			readonly relay: string;
			readonly until: number;
			readonly delivered: number;
			readonly of: number;
	  }
	| { readonly state: 'delivered'; readonly delivered: number; readonly of: number };
