/** The offer of ownership that waits for an answer, for owners. */
import { Button, Group, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { $api } from '~/api/client';
import { toast } from '~/app/toasts';
import { formatInstant } from '~/format/time';
import { Section } from '~/ui/Section';

export function OpenOffer() {
  const queryClient = useQueryClient();
  const status = $api.useQuery('get', '/api/v1/ownership-transfer');
  const end = $api.useMutation('delete', '/api/v1/ownership-transfer', {
    onSuccess: () => toast('The offer is taken back'),
    onSettled: () => queryClient.invalidateQueries(),
  });
  const offer = status.data?.offer;
  if (!offer) return null;
  return (
    <Section title="Offer of ownership">
      <Group justify="space-between">
        <div>
          <Text fw={600} className="wrap">
            {offer.to.name ?? offer.to.email}
          </Text>
          <Text size="sm" c="dimmed" component="div" className="wrap">
            offered by {offer.from.email} · ends {formatInstant(offer.expires_at)}
          </Text>
        </div>
        <Button
          variant="default"
          size="compact-sm"
          loading={end.isPending}
          onClick={() => end.mutate({})}
        >
          Take the offer back
        </Button>
      </Group>
    </Section>
  );
}
