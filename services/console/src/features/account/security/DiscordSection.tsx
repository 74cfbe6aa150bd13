/** Signing in with Discord: the link, and its end. */
import { Button, Group, Modal, Skeleton, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { $api } from '~/api/client';
import { toast } from '~/app/toasts';
import { beginDiscord } from '~/features/identity/discord';
import { Ago } from '~/ui/Ago';
import { FailurePart } from '~/ui/Failure';
import { Section } from '~/ui/Section';

const identitiesQuery = $api.queryOptions('get', '/api/v1/me/identities');

export function DiscordSection() {
  const list = $api.useQuery('get', '/api/v1/me/identities');
  if (list.isError && !list.data) return <FailurePart error={list.error} retry={list.refetch} />;
  if (!list.data) return <Skeleton height={120} aria-busy="true" />;
  const linked = list.data.identities[0];
  if (!linked && !list.data.discord_offered) return null;
  const go = () => location.assign(beginDiscord('link'));
  return (
    <Section title="Discord" note={linked && <Ago at={linked.created_at} />}>
      <Stack>
        <Text size="sm" c="dimmed" className="wrap">
          {!linked && 'Link your Discord account to sign in by it.'}
          {linked?.state === 'linked' && `${linked.name} signs you in.`}
          {linked?.state === 'ended' && `Discord ended the link to ${linked.name}.`}
        </Text>
        <Group>
          {list.data.discord_offered && linked?.state !== 'linked' && (
            <Button variant={linked ? 'default' : 'filled'} onClick={go}>
              {linked ? 'Link again' : 'Link Discord'}
            </Button>
          )}
          {linked && <Unlink id={linked.id} name={linked.name} />}
        </Group>
      </Stack>
    </Section>
  );
}

function Unlink({ id, name }: { id: string; name: string }) {
  const queryClient = useQueryClient();
  const [open, setOpen] = useState(false);
  const unlink = $api.useMutation('delete', '/api/v1/me/identities/{id}', {
    onSuccess: () => {
      toast('Discord signs you in no more');
      setOpen(false);
      return queryClient.invalidateQueries({ queryKey: identitiesQuery.queryKey });
    },
  });
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        Unlink
      </Button>
      <Modal opened={open} onClose={() => setOpen(false)} title="Unlink Discord?">
        <Stack>
          <Text>{name} does not sign you in any more. You can link it again at any time.</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setOpen(false)}>
              Keep it
            </Button>
            <Button
              color="down"
              loading={unlink.isPending}
              onClick={() => unlink.mutate({ params: { path: { id } } })}
            >
              Unlink
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
