// A meeting of two people that stands still at one step.
import type { Meeting, MeetingProblem, MeetingView } from '#lib/messenger/meeting-api.ts';
import { err, ok } from '#lib/util/result.ts';
import { createSignal } from '#lib/util/signal.ts';
import { fakeHash, NOW } from './fake-data.ts';

export interface MeetingScene {
	readonly meeting?: 'offering' | 'answering' | 'connecting' | 'done' | MeetingProblem;
}

const CODE = 'gwFYIA4t'.repeat(30);
const UNTIL = NOW + 600_000;

function viewOf(scene: MeetingScene['meeting'] = 'offering'): MeetingView {
	switch (scene) {
		case 'offering':
			return {
				state: 'offering',
				code: CODE,
				link: `https://aegis.example/#/meet/${CODE}`,
				until: UNTIL,
			};
		case 'answering':
			return { state: 'answering', code: CODE, until: UNTIL };
		case 'connecting':
			return { state: 'connecting', name: 'Mina' };
		case 'done':
			return { state: 'done', name: 'Mina', rootHash: fakeHash('mina'), space: null };
		default:
			return { state: 'failed', problem: scene };
	}
}

export const createFakeMeeting = ({ meeting }: MeetingScene): Meeting => {
	const view = createSignal(viewOf(meeting));
	return {
		view,
		take(text) {
			if (text.length < 20) return err('not-a-code');
			view.set(viewOf('answering'));
			return ok();
		},
		cancel: () => undefined,
	};
};
