// The page's policy lets no text name a script; each script that is named at run time has a policy of its own, which lets
// that very text through. A policy is made once.

/** What a worker can be made of, other than an address that is text already. */
type ScriptUrl = Exclude<ConstructorParameters<typeof Worker>[0], URL>;

interface TrustedTypes {
	createPolicy(
		name: string,
		rules: { createScriptURL(url: string): string },
	): { createScriptURL(url: string): ScriptUrl };
}

const made = new Map<string, ScriptUrl>();

/** `policy` is one of those that the page's policy names. */
export function trustedScript(policy: string, script: string): ScriptUrl {
	const known = made.get(policy);
	if (known !== undefined) return known;
	const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
	const rules = {
		createScriptURL(url: string): string {
			if (url !== script) throw new TypeError(`not the script of ${policy}`);
			return url;
		},
	};
	const url = trustedTypes?.createPolicy(policy, rules).createScriptURL(script) ?? script;
	made.set(policy, url);
	return url;
}
