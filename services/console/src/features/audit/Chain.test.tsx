import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { expect, it } from 'vitest';
import type { AuditVerification } from '~/api/model';
import { renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { Chain } from './Chain';

const whole: AuditVerification = {
  intact: true,
  faults: [],
  after: 0,
  until: 12,
  last_seq: 12,
  last_hash: 'ab'.repeat(32),
  anchor: { seq: 12, hash: 'ab'.repeat(32), sealed_at: '2026-11-20T12:00:00Z' },
  waiting: 0,
};

const answer = (found: (after: string | null) => Partial<AuditVerification>) =>
  api.use(
    http.get('*/api/v1/audit/verification', ({ request }) =>
      HttpResponse.json({ ...whole, ...found(new URL(request.url).searchParams.get('after')) }),
    ),
  );

const verify = async () =>
  userEvent.click(await screen.findByRole('button', { name: 'Verify the log' }));

it('a log that is whole says how far, and gives the hash to note', async () => {
  answer(() => ({}));
  renderPage(<Chain />);
  await verify();
  expect(await screen.findByText('Whole: 12 rows')).toBeVisible();
  expect(screen.getByText('ab'.repeat(32))).toBeVisible();
});

it('a long log is looked at in stretches, and a fault of any of them is told', async () => {
  const asked: (string | null)[] = [];
  answer((after) => {
    asked.push(after);
    return after === null
      ? {
          intact: false,
          faults: [{ message: 'row 7 is not the one that was sealed' }],
          next_after: 10,
        }
      : {};
  });
  renderPage(<Chain />);
  await verify();
  expect(await screen.findByRole('alert')).toHaveTextContent(
    'row 7 is not the one that was sealed',
  );
  expect(asked).toEqual([null, '10']);
});
