/** Where the offer of an organisation is answered, by the mail's link or from within the console. */
import { Button, Group, List, Skeleton, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { $api } from '~/api/client';
import type { OwnershipOffer } from '~/api/model';
import { problemText } from '~/api/problem';
import { toast } from '~/app/toasts';
import { useMe } from '~/features/identity/session';
import { formatInstant } from '~/format/time';
import { Callout } from '~/ui/Callout';
import { FailurePart } from '~/ui/Failure';
import { Notice } from '~/ui/Notice';
import { Page } from '~/ui/Page';
import { Section } from '~/ui/Section';
import { useLinkToken } from '~/ui/useLinkToken';

export function TakeOwnership() {
  const { organization } = useMe();
  const token = useLinkToken();
  const status = $api.useQuery('get', '/api/v1/ownership-transfer');
  const offer = status.data?.offer;
  return (
    <Page eyebrow="Organisation" title={`Take ${organization.name} over?`}>
      {status.isError && !status.data ? (
        <div className="sheet">
          <FailurePart error={status.error} retry={status.refetch} />
        </div>
      ) : !status.data ? (
        <Skeleton height={180} radius="sm" role="status" aria-label="Loading the offer" />
      ) : offer?.mine ? (
        <Answer offer={offer} token={token} />
      ) : (
        <div className="sheet">
          <Notice title="There is no offer for you" order={2}>
            It was taken back, its seven days are over, or it is for somebody else: you are signed
            in as yourself only.
          </Notice>
        </div>
      )}
    </Page>
  );
}

function Answer({ offer, token }: { offer: OwnershipOffer; token: string }) {
  const { organization } = useMe();
  const { accept, decline } = useAnswer(organization.name);
  const busy = accept.isPending || decline.isPending;
  return (
    <Section title={`${offer.from.name ?? offer.from.email} offers it to you`}>
      <Stack gap="sm">
        <List size="sm" spacing={4}>
          <List.Item>You answer for everything here: people, settings, and the plan.</List.Item>
          <List.Item className="wrap">{offer.from.email} stays as an administrator.</List.Item>
          <List.Item>To leave, you will have to hand it over yourself first.</List.Item>
        </List>
        <Text size="sm" c="dimmed">
          The offer ends {formatInstant(offer.expires_at)}. Nothing changes until you say yes.
        </Text>
        {accept.isError && (
          <Callout tone="down" title="That did not work">
            {problemText(accept.error)}
          </Callout>
        )}
        <Group gap="xs">
          <Button
            loading={accept.isPending}
            disabled={busy}
            onClick={() => accept.mutate({ body: token ? { token } : {} })}
          >
            Become the owner
          </Button>
          <Button
            variant="default"
            loading={decline.isPending}
            disabled={busy}
            onClick={() => decline.mutate({})}
          >
            Decline
          </Button>
        </Group>
      </Stack>
    </Section>
  );
}

function useAnswer(name: string) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const done = (said: string) => async () => {
    toast(said);
    await queryClient.invalidateQueries();
    await navigate({ to: '/' });
  };
  const accept = $api.useMutation('post', '/api/v1/ownership-transfer/accept', {
    meta: { handlesProblems: true },
    onSuccess: done(`You own ${name}`),
  });
  const decline = $api.useMutation('delete', '/api/v1/ownership-transfer', {
    onSuccess: done('You declined'),
  });
  return { accept, decline };
}
