/** Everybody who runs the platform. For administrators. */
import { Badge, Button, Menu } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '~/api/problem';
import { toast } from '~/app/toasts';
import { Ago } from '~/ui/Ago';
import { FailurePart } from '~/ui/Failure';
import { Notice } from '~/ui/Notice';
import { Page } from '~/ui/Page';
import { RowMenu } from '~/ui/RowMenu';
import { $api } from '../../api/client';
import type { Account } from '../../api/model';
import { useSession } from '../identity/session';
import { Waiting } from '../Waiting';
import classes from './Accounts.module.css';
import { AccountDialogs, type Asked } from './dialogs/AccountDialogs';
import { refreshAccounts } from './queries';

export function OperatorList() {
  const [asked, ask] = useState<Asked | null>(null);
  const list = $api.useQuery('get', '/api/v1/operators');
  const forbidden = Problem.is(list.error) && list.error.status === 403;
  return (
    <Page
      eyebrow="Platform"
      title="Operators"
      actions={!forbidden && <Button onClick={() => ask({ kind: 'create' })}>Add operator</Button>}
    >
      <div className="sheet">
        {forbidden ? (
          <Notice title="For administrators">
            Your role does not see operators. Ask an administrator.
          </Notice>
        ) : list.isError && !list.data ? (
          <FailurePart error={list.error} retry={list.refetch} />
        ) : !list.data ? (
          <Waiting label="Loading operators" />
        ) : (
          <ul className={classes.accounts} aria-label="Operators">
            {list.data.items.map((account) => (
              <Row key={account.id} account={account} onAsk={ask} />
            ))}
          </ul>
        )}
      </div>
      {asked && <AccountDialogs asked={asked} onClose={() => ask(null)} />}
    </Page>
  );
}

function Row({ account, onAsk }: { account: Account; onAsk: (asked: Asked) => void }) {
  const own = useSession().operator.id === account.id;
  return (
    <li className={classes.account}>
      <div className={classes.lines}>
        <div className={classes.head}>
          <strong className="wrap">{account.name}</strong>
          {own && <Badge variant="default">you</Badge>}
          {account.state === 'disabled' && <span className={classes.disabled}>switched off</span>}
        </div>
        <div className={classes.small}>
          <span className="wrap">{account.email}</span>
          <span>{account.role}</span>
          <span>
            {account.last_login_at ? (
              <>
                signed in <Ago at={account.last_login_at} />
              </>
            ) : (
              'never signed in'
            )}
          </span>
        </div>
      </div>
      {!own && <Actions account={account} onAsk={onAsk} />}
    </li>
  );
}

function Actions({ account, onAsk }: { account: Account; onAsk: (asked: Asked) => void }) {
  const queryClient = useQueryClient();
  const enable = $api.useMutation('post', '/api/v1/operators/{id}/enable', {
    onSuccess: () => toast(`${account.name} may sign in again`),
    onSettled: () => refreshAccounts(queryClient),
  });
  return (
    <RowMenu of={account.name}>
      <Menu.Item onClick={() => onAsk({ kind: 'role', account })}>Change role</Menu.Item>
      <Menu.Item onClick={() => onAsk({ kind: 'reset', account })}>
        Reset authenticator app
      </Menu.Item>
      {account.state === 'disabled' ? (
        <Menu.Item onClick={() => enable.mutate({ params: { path: { id: account.id } } })}>
          Enable
        </Menu.Item>
      ) : (
        <Menu.Item onClick={() => onAsk({ kind: 'disable', account })}>Disable</Menu.Item>
      )}
    </RowMenu>
  );
}
