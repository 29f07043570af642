// What a relay writes about itself: one line for each event, for people or for programs. [RV9]
// Takes words and numbers of the relay's own making; addresses, mailboxes and packets of clients have no place here.

export type LogForm = 'plain' | 'json' | 'off';

export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface Log {
	(event: string, fields?: LogFields): void;
}

export function createLog(form: LogForm, now: () => number, write: (line: string) => void): Log {
	return (event, fields = {}) => {
		if (form === 'off') return;
		const time = new Date(now()).toISOString();
		if (form === 'json') {
			write(JSON.stringify({ time, event, ...fields }));
			return;
		}
		const details = Object.entries(fields).map(([name, value]) => ` ${name}=${String(value)}`);
		write(`${time} ${event}${details.join('')}`);
	};
}
