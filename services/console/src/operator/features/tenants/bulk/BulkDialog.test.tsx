import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import { createQueryClient } from '~/app/queryClient';
import { api } from '~/test/setup';
import { theme } from '~/theme';
import type { BulkItem, Session, Verb } from '../../../api/model';
import { sessionQuery } from '../../identity/session';
import { BulkDialog } from './BulkDialog';

const chosen = ['acme', 'bravo'].map((slug) => ({ id: `id-${slug}`, slug, state: 'active' }));

const session: Session = {
  operator: {
    id: 'ada',
    email: 'ada@example.com',
    name: 'Ada',
    role: 'operator',
    state: 'active',
    created_at: '2026-11-20T10:00:00Z',
  },
  permissions: ['tenants_read', 'audit_read', 'tenants_manage'],
  expires_at: '2026-11-20T18:00:00Z',
  approval: 'off',
};

interface Asked {
  verb: string;
  ids: string[];
  reason?: string;
  confirm?: string[];
}

function open(verb: Verb, answer: (id: string, time: number) => Partial<BulkItem>) {
  const asked: Asked[] = [];
  api.use(
    http.post('*/api/v1/tenants/bulk', async ({ request }) => {
      const body = (await request.json()) as Asked;
      asked.push(body);
      const items = body.ids.map((id) => ({ id, ...answer(id, asked.length) }));
      return HttpResponse.json({ items, failed: 0 });
    }),
  );
  const queryClient = createQueryClient(() => {});
  queryClient.setQueryData(sessionQuery.queryKey, session);
  render(
    <MantineProvider env="test" theme={theme}>
      <QueryClientProvider client={queryClient}>
        <BulkDialog verb={verb} chosen={chosen} onClose={() => {}} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return asked;
}

const done = (id: string) => ({
  done: { id, slug: null, state: 'suspended', changed: true, purge_at: null },
});

const press = async (name: string) => userEvent.click(await screen.findByRole('button', { name }));

async function type(label: string, text: string) {
  await userEvent.click(await screen.findByLabelText(label));
  await userEvent.paste(text);
}

describe('a verb for several', () => {
  it('wants a reason, and tells each outcome', async () => {
    const asked = open('suspend', (id, time) =>
      id === 'id-bravo' && time === 1 ? { error: 'not_allowed', detail: 'It cannot.' } : done(id),
    );
    await press('Suspend');
    expect(await screen.findByText(/Say why/)).toBeVisible();
    expect(asked).toEqual([]);

    await type('Reason', 'Unpaid');
    await press('Suspend');
    expect(await screen.findByText('1 organisation suspended, 1 not.')).toBeVisible();
    expect(screen.getByText('Refused. It cannot.')).toBeVisible();
    expect(asked).toEqual([{ verb: 'suspend', ids: ['id-acme', 'id-bravo'], reason: 'Unpaid' }]);

    await press('Try the rest again');
    expect(await screen.findByText('2 organisations suspended.')).toBeVisible();
    expect(asked[1]?.ids).toEqual(['id-bravo']);
  });

  it('deletes only for the phrase that says how many, and names every slug', async () => {
    const asked = open('delete', done);
    await type('Reason', 'They asked');
    await type('Confirm', 'delete');
    await press('Delete');
    expect(
      await screen.findByText('Type: delete 2 organisations', { selector: '[id$=error]' }),
    ).toBeVisible();
    expect(asked).toEqual([]);

    await type('Confirm', ' 2 organisations');
    await press('Delete');
    expect(await screen.findByText(/marked for deletion/)).toBeVisible();
    expect(asked[0]?.confirm).toEqual(['acme', 'bravo']);
  });
});
