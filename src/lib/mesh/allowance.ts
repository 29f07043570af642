// How much somebody may still ask for: a measure that fills with time and empties with use. [CA3] [PX3]

export interface Allowance {
	/** Takes so much for this neighbour (hex); false, and nothing is taken, where there is less. */
	take(who: string, amount: number, now: number): boolean;
}

interface Measure {
	left: number;
	at: number;
}

/** `most`: what one may use at once; `perSecond`: what comes back. Remembers at most `known` of them. */
export function createAllowance(most: number, perSecond: number, known = 1024): Allowance {
	const measures = new Map<string, Measure>();
	return {
		take(who, amount, now) {
			const before = measures.get(who) ?? { left: most, at: now };
			const back = (Math.max(0, now - before.at) / 1000) * perSecond;
			const left = Math.min(most, before.left + back);
			const isEnough = left >= amount;
			measures.delete(who);
			measures.set(who, { left: isEnough ? left - amount : left, at: now });
			for (const oldest of measures.keys()) {
				if (measures.size <= known) break;
				measures.delete(oldest);
			}
			return isEnough;
		},
	};
}
