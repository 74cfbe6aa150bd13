/** Where an organisation is in its life: the words, and which verbs lead on. The API decides; this is for menus. */
import type { Verb } from '../../api/model';

export const STATES = ['active', 'read_only', 'suspended', 'deleting', 'deleted'] as const;
export type LifeState = (typeof STATES)[number];

export const PLANS = ['free', 'pro', 'business'] as const;

const WORDS: Record<LifeState, string> = {
  active: 'Active',
  read_only: 'Read only',
  suspended: 'Suspended',
  deleting: 'Being deleted',
  deleted: 'Deleted',
};

/** A state this build does not know is shown as it was sent. */
export const asState = (state: string): LifeState | undefined =>
  STATES.find((known) => known === state);

export const stateWord = (state: string): string => {
  const known = asState(state);
  return known ? WORDS[known] : state;
};

export const VERBS = ['suspend', 'freeze', 'resume', 'delete', 'undelete'] as const;

interface Meaning {
  /** On a button. */
  label: string;
  /** `3 organisations were …`. */
  done: string;
  /** What becomes of it, and what is lost. */
  effect: string;
  /** Gone for good, sooner or later. */
  destructive?: true;
}

export const MEANING: Record<Verb, Meaning> = {
  suspend: {
    label: 'Suspend',
    done: 'suspended',
    effect:
      'Its people can sign in and see why, nothing else. Checks and jobs pause: what happens meanwhile is not watched. No data is lost.',
  },
  freeze: {
    label: 'Make read only',
    done: 'made read only',
    effect: 'Its people can look at everything and change nothing. No data is lost.',
  },
  resume: {
    label: 'Resume',
    done: 'resumed',
    effect: 'Everything is served again.',
  },
  delete: {
    label: 'Delete',
    done: 'marked for deletion',
    effect:
      'Nobody can use it from now on and nothing is watched. After 30 days its people, endpoints, history, mails and audit log are dropped for good. Until then this can be undone.',
    destructive: true,
  },
  undelete: {
    label: 'Undo deletion',
    done: 'brought back',
    effect: 'It is again what it was before its deletion began.',
  },
};

const ALLOWED: Record<LifeState, readonly Verb[]> = {
  active: ['suspend', 'freeze', 'delete'],
  read_only: ['resume', 'suspend', 'delete'],
  suspended: ['resume', 'freeze', 'delete'],
  deleting: ['undelete'],
  deleted: [],
};

export const verbsFor = (state: string): readonly Verb[] => {
  const known = asState(state);
  return known ? ALLOWED[known] : [];
};
