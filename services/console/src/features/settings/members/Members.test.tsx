import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Me, Member, OpenInvitation } from '~/api/model';
import { fill, owner, renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { Members } from './Members';
import { rolesToInvite, rolesUpTo } from './roles';

const member = (more: Partial<Member>): Member => ({
  id: '1',
  email: 'wile@acme.example',
  name: null,
  role: 'owner',
  state: 'active',
  created_at: '2026-11-20T10:00:00Z',
  last_seen_at: '2026-11-20T10:00:00Z',
  second_factor: true,
  current: false,
  ...more,
});

const ann = member({ id: '2', name: 'Ann', email: 'ann@acme.example', role: 'viewer' });

let state: { members: Member[]; invitations: OpenInvitation[]; said: unknown[] };

const who = (role: Me['user']['role'], permissions: Me['permissions']): Me => ({
  ...owner,
  user: { ...owner.user, role },
  permissions,
});

beforeEach(() => {
  state = { members: [member({ current: true }), ann], invitations: [], said: [] };
  const roles = [
    { role: 'owner', description: 'All.', permissions: ['checks_run'] },
    { role: 'viewer', description: 'Reads.', permissions: [] },
  ];
  const permissions = [{ permission: 'checks_run', description: 'Run a check now' }];
  api.use(
    http.get('*/api/v1/members', ({ request }) => {
      const q = new URL(request.url).searchParams.get('q') ?? '';
      const items = state.members.filter(({ email }) => email.includes(q));
      return HttpResponse.json({ items, next_cursor: null });
    }),
    http.get('*/api/v1/roles', () => HttpResponse.json({ roles, permissions })),
    http.get('*/api/v1/invitations', () =>
      HttpResponse.json({ items: state.invitations, next_cursor: null }),
    ),
    http.patch('*/api/v1/members/2', async ({ request }) => {
      state.said.push(await request.json());
      return HttpResponse.json({ ...ann, role: 'manager' });
    }),
    http.delete('*/api/v1/members/2', () => {
      state.members = state.members.filter(({ id }) => id !== '2');
      return new HttpResponse(null, { status: 204 });
    }),
    http.post('*/api/v1/invitations', async ({ request }) => {
      const body = (await request.json()) as { email: string; role: 'member' };
      if (body.email === 'ann@acme.example') {
        const detail = 'This address has an account here already.';
        return HttpResponse.json({ code: 'already_member', detail }, { status: 409 });
      }
      const made = {
        ...body,
        id: '9',
        invited_by: 'wile@acme.example',
        created_at: '2026-11-20T10:00:00Z',
        expires_at: '2999-11-27T10:00:00Z',
      };
      state.invitations = [made];
      return HttpResponse.json(made, { status: 201 });
    }),
    http.delete('*/api/v1/invitations/9', () => {
      state.invitations = [];
      return new HttpResponse(null, { status: 204 });
    }),
  );
});

const manager: Me = who('owner', ['members_read', 'members_invite', 'members_manage']);

const choose = async (item: string) => {
  await userEvent.click(await screen.findByRole('button', { name: 'Actions for Ann' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: item }));
};

describe('the members page', () => {
  it('lists who belongs, and finds somebody', async () => {
    renderPage(<Members />, { me: manager });
    const row = (await screen.findByText('Ann')).closest('tr') as HTMLElement;
    expect(within(row).getByText('viewer')).toBeVisible();
    expect(within(row).getByText('Yes')).toBeVisible();
    await fill('Search members', 'wile');
    await expect.poll(() => screen.queryByText('Ann')).toBeNull();
    expect(await screen.findByRole('cell', { name: /wile@acme.example/ })).toBeVisible();
  });

  it('shows what each role can do', async () => {
    renderPage(<Members />, { me: manager });
    const table = await screen.findByRole('table', { name: 'Roles and what they can do' });
    const row = within(table).getByRole('row', { name: /Run a check now/ });
    expect(within(row).getByRole('img', { name: 'Yes' })).toBeVisible();
    expect(within(row).getByRole('img', { name: 'No' })).toBeVisible();
  });

  it('changes a role, after asking', async () => {
    renderPage(<Members />, { me: manager });
    await choose('Change role');
    await userEvent.selectOptions(await screen.findByLabelText('New role'), 'manager');
    await userEvent.click(screen.getByRole('button', { name: 'Make manager' }));
    await expect.poll(() => state.said).toEqual([{ role: 'manager' }]);
    await expect.poll(() => screen.queryByRole('dialog')).toBeNull();
  });

  it('removes somebody, after asking', async () => {
    renderPage(<Members />, { me: manager });
    await choose('Remove');
    const dialog = await screen.findByRole('dialog');
    expect(state.members).toHaveLength(2);
    await userEvent.click(
      within(dialog).getByRole('button', { name: 'Remove from the organisation' }),
    );
    await expect.poll(() => screen.queryByText('Ann')).toBeNull();
  });

  it('invites, says why not, and takes back', async () => {
    renderPage(<Members />, { me: manager });
    await userEvent.click(await screen.findByRole('button', { name: 'Invite somebody' }));
    await fill('E-mail', 'ann@acme.example');
    await userEvent.click(screen.getByRole('button', { name: 'Send the invitation' }));
    expect(await screen.findByText(/has an account here already/)).toBeVisible();
    await userEvent.clear(screen.getByLabelText('E-mail'));
    await fill('E-mail', 'bob@acme.example');
    await userEvent.click(screen.getByRole('button', { name: 'Send the invitation' }));
    await userEvent.click(
      await screen.findByRole('button', { name: 'Take back from bob@acme.example' }),
    );
    expect(await screen.findByText('Nobody is invited at present.')).toBeVisible();
  });

  it('shows a viewer the list alone', async () => {
    renderPage(<Members />, { me: who('viewer', ['members_read']) });
    expect(await screen.findByText('Ann')).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Actions for Ann' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Invite somebody' })).toBeNull();
    expect(screen.queryByText('Invitations')).toBeNull();
  });
});

describe('the roles somebody can give', () => {
  it('end at their own, and a manager invites up to member', () => {
    expect(rolesUpTo('owner')).toEqual(['admin', 'manager', 'member', 'viewer']);
    expect(rolesUpTo('admin')).toEqual(['admin', 'manager', 'member', 'viewer']);
    expect(rolesToInvite('manager')).toEqual(['member', 'viewer']);
  });
});
