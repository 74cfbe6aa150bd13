import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import type { Me } from '~/api/model';
import { EndpointDialogs } from '~/features/endpoints/EndpointDialogs';
import { EndpointMenu } from '~/features/endpoints/EndpointMenu';
import { owner, renderPage, shop } from '~/test/render';
import { Forbidden } from './Forbidden';

const as = (role: Me['user']['role'], permissions: Me['permissions']): Me => ({
  ...owner,
  user: { ...owner.user, role },
  permissions,
});
const viewer = as('viewer', ['endpoints_read']);
const member = as('member', ['endpoints_read', 'checks_run']);

const menu = (
  <EndpointDialogs>
    <EndpointMenu endpoint={shop} />
    <p>done</p>
  </EndpointDialogs>
);

it('a refusal names the role that is missing, and who can give it', async () => {
  renderPage(<Forbidden permission="endpoints_write" />, { me: viewer });
  const text = await screen.findByText(/needs the role manager or higher in Acme; yours is viewer/);
  expect(text).toHaveTextContent('An owner or admin can change it.');
});

it('a viewer is offered nothing to do', async () => {
  renderPage(menu, { me: viewer });
  await screen.findByText('done');
  expect(screen.queryByRole('button')).not.toBeInTheDocument();
});

it('a member may check, and no more', async () => {
  renderPage(menu, { me: member });
  await userEvent.click(await screen.findByRole('button', { name: 'Actions for Shop' }));
  const items = await screen.findAllByRole('menuitem');
  expect(items.map((item) => item.textContent)).toEqual(['Check now']);
});
