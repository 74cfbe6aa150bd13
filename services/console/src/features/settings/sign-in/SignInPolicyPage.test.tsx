import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SignInEffects, SignInPolicy, SignInRules } from '~/api/model';
import { renderPage } from '~/test/render';
import { api } from '~/test/setup';
import { SignInPolicyPage } from './SignInPolicyPage';

const begun: SignInPolicy = {
  idle_minutes: 20_160,
  second_factor_required: false,
  methods: ['password', 'passkey', 'discord'],
  available_methods: ['password', 'passkey'],
  mail_domains: [],
  console_networks: [],
  key_networks: [],
  updated_at: null,
  your_address: '203.0.113.9',
};

const nobody: SignInEffects = {
  sessions_ended: 0,
  sessions_elsewhere: 0,
  sessions_owing: 0,
  keys_elsewhere: 0,
  people_without_second_factor: 2,
};

let policy: SignInPolicy;
let effects: SignInEffects;
let revision: number;
let saved: { tag: string | null; rules: SignInRules }[];

const problem = (status: number, code: string, errors: object[] = []) =>
  HttpResponse.json({ status, code, detail: 'No.', errors }, { status });

beforeEach(() => {
  policy = begun;
  effects = nobody;
  revision = 0;
  saved = [];
  api.use(
    http.get('*/api/v1/sign-in-policy', () =>
      HttpResponse.json(policy, { headers: { etag: `"${revision}"` } }),
    ),
    http.post('*/api/v1/sign-in-policy/preview', () => HttpResponse.json(effects)),
    http.put('*/api/v1/sign-in-policy', async ({ request }) => {
      const rules = (await request.json()) as SignInRules;
      saved.push({ tag: request.headers.get('if-match'), rules });
      policy = { ...policy, ...rules };
      revision += 1;
      return HttpResponse.json(policy, { headers: { etag: `"${revision}"` } });
    }),
  );
});

const button = (name: string) => screen.getByRole('button', { name });
const save = () => userEvent.click(button('Review and save'));

describe('the page of the rules for signing in', () => {
  it('says what will happen before it does, and saves with the version it was made from', async () => {
    effects = { ...nobody, sessions_ended: 1, sessions_owing: 3 };
    renderPage(<SignInPolicyPage />);
    await userEvent.click(await screen.findByLabelText('Control room: 15 minutes'));
    await userEvent.click(
      screen.getByRole('switch', { name: /^Ask everybody for a second factor/ }),
    );
    await save();
    const dialog = await screen.findByRole('dialog');
    const sentences = within(dialog).getAllByRole('listitem');
    expect(sentences.map((it) => it.textContent)).toEqual([
      '1 session of others will be signed out.',
      '3 sessions can do nothing until a second factor is shown.',
      '2 people have no second factor and will be asked to set one up.',
    ]);
    expect(saved).toEqual([]);
    await userEvent.click(within(dialog).getByRole('button', { name: 'Change the rules' }));
    await waitFor(() => expect(saved).toHaveLength(1));
    expect(saved).toEqual([
      {
        tag: '"0"',
        rules: {
          idle_minutes: 15,
          second_factor_required: true,
          // Discord is not set up here: what it is allowed stays.
          methods: ['password', 'passkey', 'discord'],
          mail_domains: [],
          console_networks: [],
          key_networks: [],
        },
      },
    ]);
    await waitFor(() => expect(button('Review and save')).toBeDisabled());
    expect(screen.getByLabelText('Control room: 15 minutes')).toBeChecked();
  });

  it('takes lists line by line, with the address of whoever looks', async () => {
    renderPage(<SignInPolicyPage />);
    const people = await screen.findByLabelText('Networks of people');
    await userEvent.type(people, '10.0.0.0/8{enter}{enter} 192.0.2.1, 192.0.2.2');
    await userEvent.click(button('Add it'));
    await userEvent.click(button('Add it'));
    await save();
    const dialog = await screen.findByRole('dialog');
    expect(within(dialog).getByText('Nobody who is signed in now is affected.')).toBeVisible();
    await userEvent.click(within(dialog).getByRole('button', { name: 'Change the rules' }));
    await waitFor(() => expect(saved).toHaveLength(1));
    expect(saved[0]?.rules.console_networks).toEqual([
      '10.0.0.0/8',
      '192.0.2.1',
      '192.0.2.2',
      '203.0.113.9',
    ]);
  });

  it('shows a refusal at its field, and keeps what was typed', async () => {
    api.use(
      http.post('*/api/v1/sign-in-policy/preview', () =>
        problem(400, 'validation_failed', [
          { pointer: '/console_networks', code: 'locks_you_out', message: 'You are elsewhere.' },
          { pointer: '/key_networks/0', code: 'network', message: 'x is no network.' },
        ]),
      ),
    );
    renderPage(<SignInPolicyPage />);
    const people = await screen.findByLabelText('Networks of people');
    await userEvent.type(people, '10.0.0.0/8');
    await save();
    expect(await screen.findByText('You are elsewhere.')).toBeVisible();
    expect(screen.getByText('x is no network.')).toBeVisible();
    expect(people).toBeInvalid();
    expect(people).toHaveValue('10.0.0.0/8');
    await userEvent.click(button('Discard changes'));
    expect(people).toHaveValue('');
  });

  it('does not undo what somebody else changed meanwhile', async () => {
    renderPage(<SignInPolicyPage />);
    await userEvent.click(await screen.findByLabelText('1 hour'));
    api.use(
      http.put('*/api/v1/sign-in-policy', () => problem(412, 'precondition_failed'), {
        once: true,
      }),
    );
    policy = { ...begun, idle_minutes: 45 };
    revision = 7;
    await save();
    const dialog = await screen.findByRole('dialog');
    await userEvent.click(within(dialog).getByRole('button', { name: 'Change the rules' }));
    expect(await screen.findByText('Someone else changed these rules')).toBeVisible();
    await userEvent.click(button('Reload'));
    expect(await screen.findByLabelText('45 minutes')).toBeChecked();
    expect(screen.queryByText('Someone else changed these rules')).toBeNull();
  });
});
