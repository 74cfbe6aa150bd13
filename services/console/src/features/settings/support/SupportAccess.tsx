/** Whether people of the platform may look at this organisation, and which of them have. */
import { Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { $api } from '~/api/client';
import type { SupportSettings } from '~/api/model';
import { toast } from '~/app/toasts';
import { Forbidden } from '~/features/identity/Forbidden';
import { useCan } from '~/features/identity/session';
import { formatInstant } from '~/format/time';
import { DataTable } from '~/ui/DataTable';
import { FailurePart } from '~/ui/Failure';
import { Notice } from '~/ui/Notice';
import { Page } from '~/ui/Page';
import { Section } from '~/ui/Section';
import { lookColumns, NarrowLook } from './columns';

const supportQuery = $api.queryOptions('get', '/api/v1/settings/support');

const CHOICES = [
  { allow: 'day', label: 'Allow for 24 hours' },
  { allow: 'week', label: 'Allow for 7 days' },
  { allow: 'open', label: 'Allow until switched off' },
] as const;

export function SupportAccess() {
  const allowed = useCan('organization_manage');
  return (
    <Page eyebrow="Settings" title="Support access">
      {allowed ? (
        <Loaded />
      ) : (
        <div className="sheet">
          <Forbidden permission="organization_manage" />
        </div>
      )}
    </Page>
  );
}

function Loaded() {
  const settings = $api.useQuery('get', '/api/v1/settings/support');
  if (settings.isError && !settings.data) {
    return (
      <div className="sheet">
        <FailurePart error={settings.error} retry={settings.refetch} />
      </div>
    );
  }
  if (!settings.data) {
    return <Skeleton height={180} radius="sm" role="status" aria-label="Loading support access" />;
  }
  const { looks } = settings.data;
  return (
    <>
      <Consent settings={settings.data} />
      <Section title="Who looked" {...(looks.length === 20 ? { note: 'the last 20' } : {})} flush>
        {looks.length === 0 ? (
          <Notice title="Nobody has looked" order={3}>
            Whoever does is listed here with their reason, and the owners get a mail.
          </Notice>
        ) : (
          <DataTable
            label="Who looked"
            columns={lookColumns}
            rows={looks}
            rowId={({ operator, began_at: at }) => `${at} ${operator}`}
            renderNarrow={(look) => <NarrowLook look={look} />}
          />
        )}
      </Section>
    </>
  );
}

function standing({ allowed, until }: SupportSettings): string {
  if (!allowed) return 'Off: nobody of the platform can look inside.';
  return until ? `Allowed until ${formatInstant(until)}.` : 'Allowed until it is switched off.';
}

function Consent({ settings }: { settings: SupportSettings }) {
  const queryClient = useQueryClient();
  const change = $api.useMutation('put', '/api/v1/settings/support', {
    onSuccess: (changed) => {
      queryClient.setQueryData(supportQuery.queryKey, changed);
      toast(changed.allowed ? 'Support access is allowed' : 'Support access is off');
    },
  });
  const asked = change.isPending ? change.variables.body.allow : null;
  const set = (allow: 'off' | 'day' | 'week' | 'open') => change.mutate({ body: { allow } });
  return (
    <Section title="May support look inside?">
      <Stack gap="sm">
        <Text fw={600} role="status">
          {standing(settings)}
        </Text>
        <Text c="dimmed">
          When something is wrong, people who run this platform can look at your workspace, each
          time for at most 15 minutes. They see what a viewer sees and change nothing. Owners get a
          mail with name and reason, and the audit log has it. Switching it off ends a look at once.
        </Text>
        <Group gap="xs">
          {CHOICES.map(({ allow, label }) => (
            <Button
              key={allow}
              variant="default"
              loading={asked === allow}
              disabled={asked !== null && asked !== allow}
              onClick={() => set(allow)}
            >
              {label}
            </Button>
          ))}
          {settings.allowed && (
            <Button
              loading={asked === 'off'}
              disabled={asked !== null && asked !== 'off'}
              onClick={() => set('off')}
            >
              Switch off
            </Button>
          )}
        </Group>
      </Stack>
    </Section>
  );
}
