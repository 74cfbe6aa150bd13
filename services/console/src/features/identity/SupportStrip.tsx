/** Above everything an operator sees of an organisation: who looks, why, for how long, and the way out. */
import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { $api } from '~/api/client';
import type { Me } from '~/api/model';
import { dropSession } from '~/app/signIn';
import { formatWait } from '~/format/time';
import { useSecondsUntil } from '~/ui/useNow';
import classes from './SupportStrip.module.css';
import { useMe } from './session';

export function SupportStrip() {
  const { support, organization } = useMe();
  if (!support) return null;
  return <Strip look={support} name={organization.name} />;
}

function Strip({ look, name }: { look: NonNullable<Me['support']>; name: string }) {
  const { operator, reason, ticket, ends_at: endsAt } = look;
  const left = useSecondsUntil(Date.parse(endsAt));
  const leave = useLeave();
  const end = $api.useMutation('post', '/api/v1/auth/logout', { onSuccess: leave });
  const over = left === 0;
  useEffect(() => {
    if (over) void leave();
  }, [over, leave]);
  return (
    <section className={classes.strip} aria-label="Support access">
      <div className="wrap">
        <strong>
          {operator} of support looks at {name}, and changes nothing.
        </strong>{' '}
        {reason}
        {ticket && ` (${ticket})`}
      </div>
      <div className={classes.end}>
        <span className="num">{formatWait(left)} left</span>
        <Button size="compact-sm" loading={end.isPending} onClick={() => end.mutate({})}>
          End the look
        </Button>
      </div>
    </section>
  );
}

function useLeave(): () => Promise<void> {
  const router = useRouter();
  const queryClient = useQueryClient();
  return async () => {
    await router.navigate({ to: '/support', search: { over: '1' }, replace: true });
    dropSession(queryClient);
  };
}
