/** Keys of one's own programs: what each may do, and until when. */
import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from '~/app/toasts';
import { formatInstant } from '~/format/time';
import { Ago } from '~/ui/Ago';
import { FailurePart } from '~/ui/Failure';
import { Notice } from '~/ui/Notice';
import { Section } from '~/ui/Section';
import { $api } from '../../api/client';
import type { Token } from '../../api/model';
import { PERMISSIONS } from '../identity/session';
import { Waiting } from '../Waiting';
import classes from './Accounts.module.css';
import { TokenDialog } from './dialogs/TokenDialog';
import { refreshAccounts } from './queries';

export function Tokens() {
  const [making, make] = useState(false);
  const list = $api.useQuery('get', '/api/v1/tokens');
  return (
    <Section
      title="Tokens"
      note="for programs"
      flush
      actions={
        <Button variant="default" onClick={() => make(true)}>
          Make a token
        </Button>
      }
    >
      {list.isError && !list.data ? (
        <FailurePart error={list.error} retry={list.refetch} />
      ) : !list.data ? (
        <Waiting label="Loading tokens" />
      ) : list.data.items.length === 0 ? (
        <Notice title="No token" order={3}>
          A program signs in with a token instead of your password and code. It may do some of what
          you may, for at most a year.
        </Notice>
      ) : (
        <ul className={classes.accounts} aria-label="Your tokens">
          {list.data.items.map((token) => (
            <Row key={token.id} token={token} />
          ))}
        </ul>
      )}
      {making && <TokenDialog onClose={() => make(false)} />}
    </Section>
  );
}

function Row({ token }: { token: Token }) {
  const queryClient = useQueryClient();
  const revoke = $api.useMutation('delete', '/api/v1/tokens/{id}', {
    onSuccess: () => toast(`${token.name} works no more`),
    onSettled: () => refreshAccounts(queryClient),
  });
  return (
    <li className={classes.account}>
      <div className={classes.lines}>
        <strong className="wrap">{token.name}</strong>
        <div className={classes.small}>
          <span>{token.permissions.map((each) => PERMISSIONS[each]).join(', ')}</span>
          <span>until {formatInstant(token.expires_at)}</span>
          <span>
            {token.last_used_at ? (
              <>
                used <Ago at={token.last_used_at} />
              </>
            ) : (
              'never used'
            )}
          </span>
        </div>
      </div>
      <Button
        variant="default"
        aria-label={`Revoke ${token.name}`}
        loading={revoke.isPending}
        onClick={() => revoke.mutate({ params: { path: { id: token.id } } })}
      >
        Revoke
      </Button>
    </li>
  );
}
