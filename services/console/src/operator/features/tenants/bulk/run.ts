/** One verb for many, in portions: the API answers a portion at its end, so small ones show how far it is. */
import { Problem, problemText } from '~/api/problem';
import type { Approval, BulkItem } from '../../../api/model';
import type { Chosen } from '../list/selection';

/** Organisations of one request. */
export const PORTION = 5;

export type Outcome =
  | { kind: 'waiting' }
  | { kind: 'running' }
  | { kind: 'done'; changed: boolean; state: string }
  /** Waits for another operator. */
  | { kind: 'asked' }
  | { kind: 'refused'; detail: string }
  /** Nobody knows: the answer did not come. Saying it again is safe. */
  | { kind: 'unknown'; detail: string };

export type Outcomes = Map<string, Outcome>;

/** What the API answered for a portion; what it asks another operator about is in `approval`. */
export interface Answer {
  items: BulkItem[];
  approval?: Approval;
}

interface Run {
  chosen: Chosen[];
  /** Organisations of one request: all of them, where one request is to be approved. */
  portion?: number;
  send: (portion: Chosen[]) => Promise<Answer>;
  show: (outcomes: Outcomes) => void;
  /** Asked before each portion. */
  stopped: () => boolean;
}

const outcomeOf = (item: BulkItem): Outcome =>
  item.done
    ? { kind: 'done', changed: item.done.changed, state: item.done.state }
    : { kind: 'refused', detail: item.detail || item.error || 'Refused.' };

/** Runs to the end, or until it is stopped, the session is over, or the server cannot be had. */
export async function runBulk(run: Run): Promise<void> {
  const { chosen, portion: size = PORTION, send, show, stopped } = run;
  const outcomes: Outcomes = new Map(chosen.map(({ id }) => [id, { kind: 'waiting' }]));
  const put = (portion: Chosen[], outcome: (id: string) => Outcome) => {
    for (const { id } of portion) outcomes.set(id, outcome(id));
    show(new Map(outcomes));
  };
  put(chosen, () => ({ kind: 'waiting' }));
  for (let at = 0; at < chosen.length && !stopped(); at += size) {
    const portion = chosen.slice(at, at + size);
    put(portion, () => ({ kind: 'running' }));
    try {
      const answer = await send(portion);
      const items = new Map(answer.items.map((item) => [item.id, item]));
      const asked = new Set(answer.approval?.tenants.map(({ id }) => id));
      put(portion, (id) => {
        const item = items.get(id);
        if (asked.has(id)) return { kind: 'asked' };
        return item ? outcomeOf(item) : { kind: 'unknown', detail: 'The answer leaves it out.' };
      });
    } catch (error) {
      const lost = !Problem.is(error) || error.transient;
      const kind = lost ? 'unknown' : 'refused';
      put(portion, () => ({ kind, detail: problemText(error) }));
      return;
    }
  }
}

export interface Tally {
  finished: number;
  changed: number;
  unchanged: number;
  asked: number;
  /** Refused, unknown, or never begun. */
  left: string[];
}

export function tally(outcomes: Outcomes): Tally {
  const sum: Tally = { finished: 0, changed: 0, unchanged: 0, asked: 0, left: [] };
  for (const [id, outcome] of outcomes) {
    if (outcome.kind !== 'waiting' && outcome.kind !== 'running') sum.finished += 1;
    if (outcome.kind === 'asked') sum.asked += 1;
    else if (outcome.kind !== 'done') sum.left.push(id);
    else if (outcome.changed) sum.changed += 1;
    else sum.unchanged += 1;
  }
  return sum;
}
