// The words of each chapter and step, in the order in which they are told.
import { m } from '#lib/paraglide/messages.js';

export interface StepWords {
	title(): string;
	text(): string;
}

export interface ChapterWords {
	readonly title: () => string;
	/** By the step's name. */
	readonly steps: Readonly<Record<string, StepWords>>;
}

/** By the chapter's name. */
export const CAPTIONS: Readonly<Record<string, ChapterWords>> = {
	discovery: {
		title: m.how_discovery,
		steps: {
			alone: { title: m.how_discovery_alone_title, text: m.how_discovery_alone_text },
			bob: { title: m.how_discovery_bob_title, text: m.how_discovery_bob_text },
			carol: { title: m.how_discovery_carol_title, text: m.how_discovery_carol_text },
			gossip: { title: m.how_discovery_gossip_title, text: m.how_discovery_gossip_text },
			others: { title: m.how_discovery_others_title, text: m.how_discovery_others_text },
			'relay-gone': {
				title: m.how_discovery_relay_gone_title,
				text: m.how_discovery_relay_gone_text,
			},
			all: { title: m.how_discovery_all_title, text: m.how_discovery_all_text },
		},
	},
	direct: {
		title: m.how_direct,
		steps: {
			meet: { title: m.how_direct_meet_title, text: m.how_direct_meet_text },
			'same-house': { title: m.how_direct_same_house_title, text: m.how_direct_same_house_text },
			message: { title: m.how_direct_message_title, text: m.how_direct_message_text },
			'nobody-between': {
				title: m.how_direct_nobody_between_title,
				text: m.how_direct_nobody_between_text,
			},
			'open-router': { title: m.how_direct_open_router_title, text: m.how_direct_open_router_text },
			'all-direct': { title: m.how_direct_all_direct_title, text: m.how_direct_all_direct_text },
		},
	},
	strict: {
		title: m.how_strict,
		steps: {
			met: { title: m.how_strict_met_title, text: m.how_strict_met_text },
			dropped: { title: m.how_strict_dropped_title, text: m.how_strict_dropped_text },
			why: { title: m.how_strict_why_title, text: m.how_strict_why_text },
			alone: { title: m.how_strict_alone_title, text: m.how_strict_alone_text },
			queued: { title: m.how_strict_queued_title, text: m.how_strict_queued_text },
			'relay-again': { title: m.how_strict_relay_again_title, text: m.how_strict_relay_again_text },
		},
	},
	relay: {
		title: m.how_relay,
		steps: {
			'reach-out': { title: m.how_relay_reach_out_title, text: m.how_relay_reach_out_text },
			introduce: { title: m.how_relay_introduce_title, text: m.how_relay_introduce_text },
			'no-way': { title: m.how_relay_no_way_title, text: m.how_relay_no_way_text },
			leaves: { title: m.how_relay_leaves_title, text: m.how_relay_leaves_text },
			'at-the-relay': {
				title: m.how_relay_at_the_relay_title,
				text: m.how_relay_at_the_relay_text,
			},
			'on-the-way': { title: m.how_relay_on_the_way_title, text: m.how_relay_on_the_way_text },
			'at-bob': { title: m.how_relay_at_bob_title, text: m.how_relay_at_bob_text },
			delivered: { title: m.how_relay_delivered_title, text: m.how_relay_delivered_text },
		},
	},
	offline: {
		title: m.how_offline,
		steps: {
			leaves: { title: m.how_offline_leaves_title, text: m.how_offline_leaves_text },
			written: { title: m.how_offline_written_title, text: m.how_offline_written_text },
			waits: { title: m.how_offline_waits_title, text: m.how_offline_waits_text },
			photo: { title: m.how_offline_photo_title, text: m.how_offline_photo_text },
			'alice-goes': { title: m.how_offline_alice_goes_title, text: m.how_offline_alice_goes_text },
			returns: { title: m.how_offline_returns_title, text: m.how_offline_returns_text },
			deleted: { title: m.how_offline_deleted_title, text: m.how_offline_deleted_text },
			'alice-learns': {
				title: m.how_offline_alice_learns_title,
				text: m.how_offline_alice_learns_text,
			},
		},
	},
	dies: {
		title: m.how_dies,
		steps: {
			before: { title: m.how_dies_before_title, text: m.how_dies_before_text },
			dies: { title: m.how_dies_dies_title, text: m.how_dies_dies_text },
			talks: { title: m.how_dies_talks_title, text: m.how_dies_talks_text },
			introduced: { title: m.how_dies_introduced_title, text: m.how_dies_introduced_text },
			'without-bob': { title: m.how_dies_without_bob_title, text: m.how_dies_without_bob_text },
			'two-codes': { title: m.how_dies_two_codes_title, text: m.how_dies_two_codes_text },
			'talks-too': { title: m.how_dies_talks_too_title, text: m.how_dies_talks_too_text },
		},
	},
	moderation: {
		title: m.how_moderation,
		steps: {
			spam: { title: m.how_moderation_spam_title, text: m.how_moderation_spam_text },
			ban: { title: m.how_moderation_ban_title, text: m.how_moderation_ban_text },
			banned: { title: m.how_moderation_banned_title, text: m.how_moderation_banned_text },
			fence: { title: m.how_moderation_fence_title, text: m.how_moderation_fence_text },
			'shadow-ban': {
				title: m.how_moderation_shadow_ban_title,
				text: m.how_moderation_shadow_ban_text,
			},
			shadowed: { title: m.how_moderation_shadowed_title, text: m.how_moderation_shadowed_text },
			nothing: { title: m.how_moderation_nothing_title, text: m.how_moderation_nothing_text },
			slip: { title: m.how_moderation_slip_title, text: m.how_moderation_slip_text },
			purge: { title: m.how_moderation_purge_title, text: m.how_moderation_purge_text },
			forged: { title: m.how_moderation_forged_title, text: m.how_moderation_forged_text },
		},
	},
	keys: {
		title: m.how_keys,
		steps: {
			'session-key': { title: m.how_keys_session_key_title, text: m.how_keys_session_key_text },
			wraps: { title: m.how_keys_wraps_title, text: m.how_keys_wraps_text },
			stolen: { title: m.how_keys_stolen_title, text: m.how_keys_stolen_text },
			ended: { title: m.how_keys_ended_title, text: m.how_keys_ended_text },
			after: { title: m.how_keys_after_title, text: m.how_keys_after_text },
			thief: { title: m.how_keys_thief_title, text: m.how_keys_thief_text },
		},
	},
};
