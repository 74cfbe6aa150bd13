import { expect, it } from 'vitest';
import type { Standing } from '../../api/model';
import { concerns } from './concerns';

const well: Standing = {
  states: [{ state: 'active', tenants: 3 }],
  plans: [{ plan: 'free', tenants: 3 }],
  versions: [{ version: 4, tenants: 3 }],
  pool_ready: 20,
  current_version: 4,
  minimum_version: 3,
  dead_letters: 0,
  due_work_age_seconds: 12,
};

it('is silent about a platform that is well', () => {
  expect(concerns(well)).toEqual([]);
});

it('tells those that are not served from those that only wait', () => {
  const versions = [
    { version: 2, tenants: 1 },
    { version: 3, tenants: 5 },
    { version: 4, tenants: 1 },
  ];
  expect(concerns({ ...well, versions })).toEqual([
    '1 organisation not served: the schema is below version 3. Run: signalbox migrate resume',
    '5 organisations to migrate to version 4.',
  ]);
});

it('names an empty pool, dead letters and late work', () => {
  const found = concerns({
    ...well,
    pool_ready: 0,
    dead_letters: 2,
    due_work_age_seconds: 301,
  });
  expect(found).toHaveLength(3);
  expect(found[1]).toMatch(/^2 dead letters/);
  expect(found[2]).toMatch(/due for 6 min/);
});
