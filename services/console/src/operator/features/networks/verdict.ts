/** What is thought of a network, in words. */
import type { Network, Verdict } from '../../api/model';

export const VERDICTS = ['blocked', 'trusted'] as const satisfies readonly Verdict[];

/** What it means for whoever comes from there. */
export const MEANING: Record<Verdict, { act: string; holds: string; removed: string }> = {
  blocked: {
    act: 'Block',
    holds:
      'Nobody there is answered any more: no console, no API, no registration, from the next request on. Pages that are open lose their live updates within half a minute.',
    removed:
      'From the next request on, the next wider network that holds it decides. Where there is none, whoever comes from there is answered again.',
  },
  trusted: {
    act: 'Trust',
    holds:
      'Limits that count by address do not count them: requests without a session, registrations, wrong passwords. Those of accounts, sessions and keys stay.',
    removed:
      'From the next request on, the next wider network that holds it decides, also where that is blocked. Where there is none, limits that count by address count them again.',
  },
};

/** `blocked`, `was trusted`. */
export const verdictWords = ({ verdict, in_force }: Pick<Network, 'verdict' | 'in_force'>) =>
  in_force ? verdict : `was ${verdict}`;

export const authorWords = ({
  created_by,
  created_by_email,
}: Pick<Network, 'created_by' | 'created_by_email'>): string =>
  created_by_email ?? created_by.replace(/^cli:(.*)/, '$1, at a terminal');

const HOUR_MS = 3_600_000;

/** For how long, and what that is in hours; 0 has no end. */
export const SPANS = [
  { value: '1', label: 'An hour' },
  { value: '24', label: 'A day' },
  { value: '168', label: 'A week' },
  { value: '720', label: '30 days' },
  { value: '0', label: 'Until it is removed' },
];

/** The end of a span that begins at `now`. */
export const endOf = (span: string, now: number): string | null =>
  span === '0' ? null : new Date(now + Number(span) * HOUR_MS).toISOString();
