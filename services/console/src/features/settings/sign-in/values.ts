/** The rules for signing in as a form holds them, and what a change does in words. */
import type { SignInEffects, SignInMethod, SignInPolicy, SignInRules } from '~/api/model';
import { plural } from '~/format/numbers';

export interface RulesForm {
  idle_minutes: string;
  second_factor_required: boolean;
  methods: string[];
  mail_domains: string;
  console_networks: string;
  key_networks: string;
}

/** How long nobody may be there: what people choose from. */
export const IDLE_PRESETS = [
  { minutes: 15, label: 'Control room: 15 minutes', note: 'For desks that many people pass.' },
  { minutes: 60, label: '1 hour', note: '' },
  { minutes: 8 * 60, label: 'A shift: 8 hours', note: '' },
  { minutes: 24 * 60, label: '1 day', note: '' },
  { minutes: 14 * 24 * 60, label: '14 days', note: 'The longest.' },
] as const;

export const METHOD_NAMES: Record<SignInMethod, { label: string; note: string }> = {
  password: { label: 'Password', note: 'With a one-time code where the account has one.' },
  passkey: { label: 'Passkey', note: 'A device with its lock: a second factor by itself.' },
  discord: { label: 'Discord', note: 'With a one-time code where the account has one.' },
};

export const isMethod = (name: string): name is SignInMethod => name in METHOD_NAMES;

const lines = (text: string): string[] =>
  text
    .split(/[\n,;]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');

export const toForm = (policy: SignInPolicy): RulesForm => ({
  idle_minutes: String(policy.idle_minutes),
  second_factor_required: policy.second_factor_required,
  methods: policy.methods.filter((method) => policy.available_methods.includes(method)),
  mail_domains: policy.mail_domains.join('\n'),
  console_networks: policy.console_networks.join('\n'),
  key_networks: policy.key_networks.join('\n'),
});

/** Ways that cannot be used here at present are not shown, and stay as they are. */
export const toRules = (form: RulesForm, policy: SignInPolicy): SignInRules => ({
  idle_minutes: Number(form.idle_minutes),
  second_factor_required: form.second_factor_required,
  methods: [
    ...form.methods.filter(isMethod),
    ...policy.methods.filter((method) => !policy.available_methods.includes(method)),
  ],
  mail_domains: lines(form.mail_domains),
  console_networks: lines(form.console_networks),
  key_networks: lines(form.key_networks),
});

/** The list with `address` in it, once. */
export function withAddress(text: string, address: string): string {
  const known = lines(text);
  return (known.includes(address) ? known : [...known, address]).join('\n');
}

/** What will happen, a sentence each. */
export function consequences(effects: SignInEffects, rules: SignInRules): string[] {
  const all: string[] = [];
  if (effects.sessions_ended > 0) {
    all.push(`${plural(effects.sessions_ended, 'session')} of others will be signed out.`);
  }
  if (effects.sessions_owing > 0) {
    all.push(
      `${plural(effects.sessions_owing, 'session')} can do nothing until a second factor is shown.`,
    );
  }
  if (rules.second_factor_required && effects.people_without_second_factor > 0) {
    const { people_without_second_factor: people } = effects;
    all.push(
      people === 1
        ? '1 person has no second factor and will be asked to set one up.'
        : `${people} people have no second factor and will be asked to set one up.`,
    );
  }
  if (effects.sessions_elsewhere > 0) {
    const sessions = plural(effects.sessions_elsewhere, 'session');
    all.push(`${sessions} last seen outside of these networks will be refused there.`);
  }
  if (effects.keys_elsewhere > 0) {
    const keys = plural(effects.keys_elsewhere, 'API key');
    all.push(`${keys} last used outside of these networks will be refused there.`);
  }
  return all.length > 0 ? all : ['Nobody who is signed in now is affected.'];
}
