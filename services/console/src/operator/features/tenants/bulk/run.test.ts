import { describe, expect, it } from 'vitest';
import { Problem } from '~/api/problem';
import type { Approval, BulkItem } from '../../../api/model';
import { type Outcomes, PORTION, runBulk, tally } from './run';

const chosen = Array.from({ length: PORTION * 2 + 1 }, (_, n) => ({
  id: `${n}`,
  slug: `slug-${n}`,
  state: 'active',
}));

const done = (id: string, changed = true): BulkItem => ({
  id,
  done: { id, slug: null, state: 'suspended', changed, purge_at: null },
  error: null,
  detail: null,
});

const ada = { id: 'ada', name: 'Ada', email: 'ada@example.com' };

const approvalOf = (ids: string[]): Approval => ({
  id: 'a1',
  verb: 'suspend',
  state: 'pending',
  requested_by: ada,
  requested_at: '2026-11-20T10:00:00Z',
  expires_at: '2026-11-21T10:00:00Z',
  tenants: ids.map((id) => ({ id })),
});

async function run(send: (ids: string[]) => Promise<BulkItem[]>, stopped = () => false) {
  const shown: Outcomes[] = [];
  await runBulk({
    chosen,
    send: async (portion) => ({ items: await send(portion.map(({ id }) => id)) }),
    show: (outcomes) => shown.push(outcomes),
    stopped,
  });
  const last = shown.at(-1);
  if (!last) throw new Error('nothing was shown');
  return { shown, last };
}

describe('one verb for many', () => {
  it('goes in portions and shows each as it comes', async () => {
    const asked: string[][] = [];
    const { shown, last } = await run(async (ids) => {
      asked.push(ids);
      return ids.map((id) => done(id));
    });
    expect(asked.map((ids) => ids.length)).toEqual([PORTION, PORTION, 1]);
    expect(shown.map((outcomes) => tally(outcomes).finished)).toEqual([
      0,
      0,
      PORTION,
      PORTION,
      2 * PORTION,
      2 * PORTION,
      chosen.length,
    ]);
    expect(tally(last)).toEqual({ finished: 11, changed: 11, unchanged: 0, asked: 0, left: [] });
  });

  it('goes on past one that is refused, and keeps it for another try', async () => {
    const { last } = await run(async (ids) =>
      ids.map((id) =>
        id === '1'
          ? { id, done: null, error: 'not_allowed', detail: 'It cannot.' }
          : done(id, id !== '2'),
      ),
    );
    expect(last.get('1')).toEqual({ kind: 'refused', detail: 'It cannot.' });
    expect(tally(last)).toEqual({ finished: 11, changed: 9, unchanged: 1, asked: 0, left: ['1'] });
  });

  it('stops where the server cannot be had, and says which nobody knows of', async () => {
    let portions = 0;
    const { last } = await run(async (ids) => {
      portions += 1;
      if (portions === 2) throw Problem.unreachable();
      return ids.map((id) => done(id));
    });
    expect(portions).toBe(2);
    expect(last.get('0')?.kind).toBe('done');
    expect(last.get(`${PORTION}`)?.kind).toBe('unknown');
    expect(last.get(`${2 * PORTION}`)?.kind).toBe('waiting');
    expect(tally(last).left).toHaveLength(PORTION + 1);
  });

  it('asks another operator once for all of them, and tells that apart from what is done', async () => {
    const sizes: number[] = [];
    const shown: Outcomes[] = [];
    await runBulk({
      chosen,
      portion: 200,
      send: async (portion) => {
        sizes.push(portion.length);
        const [first, ...rest] = portion.map(({ id }) => id);
        return { items: [done(first ?? '', false)], approval: approvalOf(rest) };
      },
      show: (outcomes) => shown.push(outcomes),
      stopped: () => false,
    });
    expect(sizes).toEqual([chosen.length]);
    const last = shown.at(-1) ?? new Map();
    expect(last.get('1')).toEqual({ kind: 'asked' });
    expect(tally(last)).toEqual({ finished: 11, changed: 0, unchanged: 1, asked: 10, left: [] });
  });

  it('stops between portions when told to', async () => {
    let portions = 0;
    await run(
      async (ids) => {
        portions += 1;
        return ids.map((id) => done(id));
      },
      () => portions === 1,
    );
    expect(portions).toBe(1);
  });
});
