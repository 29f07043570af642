// The positive control of the power cuts: a store that leaves out what makes a commit durable.
import { DatabaseSync } from 'node:sqlite';

const { exec } = DatabaseSync.prototype;
DatabaseSync.prototype.exec = function (text) {
	return exec.call(this, text.replaceAll('synchronous = FULL', 'synchronous = NORMAL'));
};
