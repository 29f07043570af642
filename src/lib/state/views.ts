// The messenger's view types, for components, which know the state room and not the messenger.
export type * from '#lib/messenger/api.ts';
export type {
	FileUsage,
	FileView,
	LeavingView,
	MessageFiles,
	SendFilesError,
	TransferView,
} from '#lib/messenger/files-api.ts';
export type { ConnectionReport, RelayProbe, Verdict } from '#lib/messenger/connection-api.ts';
export type { MeshView } from '#lib/messenger/mesh-api.ts';
export type { SafetyMatch } from '#lib/protocol/safety-code.ts';
export type {
	CodeProblem,
	Meeting,
	MeetingProblem,
	MeetingView,
} from '#lib/messenger/meeting-api.ts';
export type { NoticeView } from '#lib/messenger/notices.ts';
export type { Warning } from '#lib/messenger/warnings.ts';
export type { Backups, RestoreError, SaveError, WorkOptions } from '#lib/messenger/backup-api.ts';
export type { BootState } from '#lib/messenger/boot-state.ts';
export type {
	OfferView,
	PairingOffer,
	PairingProblem,
	PairingTake,
	TakeView,
} from '#lib/messenger/pairing/pairing.ts';
export type {
	PhraseProblem,
	RecoveryWords,
	Security,
	SecurityError,
	SecurityView,
	UnlockError,
} from '#lib/messenger/security.ts';
