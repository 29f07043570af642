// The thread of "How Aegis works": runs the simulated world beside the page, so that drawing never waits for it.
import { record } from '#lib/explainer/chapter.ts';
import { CHAPTERS } from '#lib/explainer/chapters/index.ts';
import type { Answer, Question } from '#lib/explainer/explaining.ts';
import { createPlayground, type Playground } from '#lib/explainer/playground.ts';
import type { StageParts } from '#lib/explainer/stage.ts';
import { createTurns } from '#lib/platform/turn.ts';
import { createMemoryDisk, type MemoryDisk } from '#lib/storage/memory.ts';
import { createMemoryContent, type MemoryContent } from '#lib/storage/memory-content.ts';

const tell = (answer: Answer): void => {
	postMessage(answer);
};

function createParts(): StageParts {
	const disks = new Map<string, MemoryDisk>();
	const contents = new Map<string, MemoryContent>();
	const of = <T>(kept: Map<string, T>, name: string, make: () => T): T => {
		const found = kept.get(name) ?? make();
		kept.set(name, found);
		return found;
	};
	return {
		settle: createTurns(),
		openStore: (node) => of(disks, node, createMemoryDisk).open(),
		openContent: (node) => of(contents, node, createMemoryContent).open(),
	};
}

async function run(id: string): Promise<void> {
	const chapter = CHAPTERS.find((each) => each.id === id);
	if (chapter === undefined) throw new Error(`no chapter is called ${id}`);
	const { places, steps } = chapter;
	tell({ type: 'outline', outline: { places, steps: steps.map((step) => step.id) } });
	for await (const step of record(chapter, createParts())) tell({ type: 'step', step });
}

let playground: Playground | undefined;
/** One after the other, each when the one before is done. */
let turn = Promise.resolve();

async function answer(question: Question): Promise<void> {
	switch (question.type) {
		case 'record':
			await run(question.chapter);
			return;
		case 'play':
			playground = createPlayground(question.seed, createParts());
			tell({ type: 'outline', outline: { places: {}, steps: [] } });
			tell({ type: 'step', step: await playground.begin() });
			return;
		case 'act':
			if (playground) tell({ type: 'step', step: await playground.act(question.action) });
	}
}

addEventListener('message', ({ data }: MessageEvent<Question>) => {
	turn = turn
		.then(() => answer(data))
		.catch((cause: unknown) => {
			tell({ type: 'failed', detail: String(cause) });
		});
});
