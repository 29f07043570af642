// The words by which the stories find things: those of the catalogue, in English, whatever speaks on this machine.
import { m } from '#lib/paraglide/messages.js';
import { overwriteGetLocale } from '#lib/paraglide/runtime.js';

overwriteGetLocale(() => 'en');

export { m };
