/** Where an operator's link leads: spends its code, once, and goes on to the console. */
import { Button, Loader, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useLocation, useRouter } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { $api } from '~/api/client';
import { Problem, problemText } from '~/api/problem';
import { dropSession } from '~/app/signIn';
import { FrontDoor } from '~/ui/FrontDoor';

const EYEBROW = 'Support access';

const codeOf = (fragment: string): string =>
  new URLSearchParams(fragment.replace(/^#/, '')).get('code') ?? '';

export function BeginSupport({ over }: { over: boolean }) {
  const router = useRouter();
  const queryClient = useQueryClient();
  const linked = useLocation({ select: ({ hash }) => codeOf(hash) });
  const spent = useRef('');
  const begin = $api.useMutation('post', '/api/v1/auth/support', {
    meta: { handlesProblems: true },
    onSuccess: async () => {
      // Whoever was signed in here before is not any more.
      dropSession(queryClient);
      await router.navigate({ to: '/', replace: true });
    },
  });

  useEffect(() => {
    if (!linked || linked === spent.current) return;
    spent.current = linked;
    // The fragment would otherwise stay in the history of a shared machine.
    router.history.replace(router.state.location.pathname);
    begin.mutate({ body: { code: linked } });
  }, [linked, router, begin.mutate]);

  if (begin.isError) {
    return <Refusal error={begin.error} retry={() => begin.mutate(begin.variables)} />;
  }
  if (begin.isIdle && !linked) {
    return over ? (
      <Closed title="This look is over">
        You see nothing of this workspace any more. Close this tab, or ask for another link on the
        operators’ page.
      </Closed>
    ) : (
      <Closed title="This link is incomplete">
        Its secret part is missing. Ask for another one on the operators’ page.
      </Closed>
    );
  }
  return (
    <FrontDoor eyebrow={EYEBROW} title="Opening the workspace">
      <Loader role="status" aria-label="Opening" />
    </FrontDoor>
  );
}

function Refusal({ error, retry }: { error: unknown; retry: () => void }) {
  const code = Problem.is(error) ? error.code : '';
  if (code === 'support_code_not_found') {
    return (
      <Closed title="This link no longer works">
        It was used already, or is older than a minute. Ask for another one on the operators’ page.
      </Closed>
    );
  }
  if (code === 'support_not_allowed') {
    return (
      <Closed title="This workspace does not allow support access">
        It did when the link was made. Its owner or an administrator can allow it again, under
        Settings, Support access.
      </Closed>
    );
  }
  return (
    <FrontDoor eyebrow={EYEBROW} title="That did not work">
      <Text role="alert">{problemText(error)}</Text>
      <Button onClick={retry}>Try again</Button>
    </FrontDoor>
  );
}

function Closed({ title, children }: { title: string; children: string }) {
  return (
    <FrontDoor eyebrow={EYEBROW} title={title}>
      <Text role="alert">{children}</Text>
    </FrontDoor>
  );
}
