/** The keys of the organisation's programs: what each may do, until when, and when it was used. */
import { Button, Group, SegmentedControl, Skeleton, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { $api } from '~/api/client';
import type { ApiKey } from '~/api/model';
import { toast } from '~/app/toasts';
import { Forbidden } from '~/features/identity/Forbidden';
import { useCan } from '~/features/identity/session';
import { formatInstant } from '~/format/time';
import { Ago } from '~/ui/Ago';
import { FailurePart } from '~/ui/Failure';
import { Notice } from '~/ui/Notice';
import { Page } from '~/ui/Page';
import { KeyDialog } from './KeyDialog';
import classes from './Keys.module.css';
import { SCOPES } from './scopes';

const WHICH = [
  { value: 'working', label: 'Working' },
  { value: 'ended', label: 'Expired or revoked' },
];

export function Keys() {
  const allowed = useCan('keys_manage');
  const [making, make] = useState(false);
  const [which, setWhich] = useState('working');
  if (!allowed) return <Forbidden permission="keys_manage" />;
  return (
    <Page
      eyebrow="Settings"
      title="API keys"
      actions={<Button onClick={() => make(true)}>Make a key</Button>}
    >
      <Text c="dimmed">
        A program comes with a key instead of a person's password. It does what you choose here, as
        long as whoever made it may do that too, and ends with them.
      </Text>
      <SegmentedControl aria-label="Which keys" data={WHICH} value={which} onChange={setWhich} />
      <div className="sheet">
        <List key={which} ended={which === 'ended'} />
      </div>
      {making && <KeyDialog onClose={() => make(false)} />}
    </Page>
  );
}

function List({ ended }: { ended: boolean }) {
  // The cursors of the pages before, the present one last.
  const [trail, setTrail] = useState<string[]>([]);
  const cursor = trail.at(-1);
  const query = cursor ? { ended, cursor } : { ended };
  const list = $api.useQuery('get', '/api/v1/api-keys', { params: { query } });
  if (list.isError && !list.data) return <FailurePart error={list.error} retry={list.refetch} />;
  if (!list.data) {
    return (
      <Stack p="md" aria-busy="true">
        <Skeleton height={28} />
        <Skeleton height={28} />
      </Stack>
    );
  }
  const { items, next_cursor: next } = list.data;
  if (items.length === 0) {
    return (
      <Notice title={ended ? 'None has ended' : 'No key'} order={2}>
        {ended
          ? 'Keys that are expired or revoked stand here.'
          : 'Make one for a program that reads results or changes endpoints.'}
      </Notice>
    );
  }
  return (
    <>
      <ul className={classes.keys} aria-label="API keys">
        {items.map((key) => (
          <Row key={key.id} apiKey={key} />
        ))}
      </ul>
      {(cursor || next) && (
        <Group p="sm" gap="xs" justify="flex-end">
          <Button
            variant="default"
            disabled={!cursor}
            onClick={() => setTrail((pages) => pages.slice(0, -1))}
          >
            Newer
          </Button>
          <Button
            variant="default"
            disabled={!next}
            onClick={() => next && setTrail((pages) => [...pages, next])}
          >
            Older
          </Button>
        </Group>
      )}
    </>
  );
}

const STATES: Record<ApiKey['state'], string | null> = {
  working: null,
  maker_inactive: 'Stands still: whoever made it is switched off',
  expired: 'Expired',
  revoked: 'Revoked',
};

function Row({ apiKey }: { apiKey: ApiKey }) {
  const queryClient = useQueryClient();
  const revoke = $api.useMutation('delete', '/api/v1/api-keys/{id}', {
    onSuccess: () => toast(`${apiKey.name} works no more`),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['get', '/api/v1/api-keys'] }),
  });
  const over = apiKey.state === 'expired' || apiKey.state === 'revoked';
  const word = STATES[apiKey.state];
  return (
    <li className={classes.key}>
      <div className={classes.lines}>
        <strong className="wrap">{apiKey.name}</strong>
        <div className={classes.small}>
          {word && <span>{word}</span>}
          <span>{apiKey.scopes.map((scope) => SCOPES[scope]).join(', ')}</span>
        </div>
        <div className={classes.small}>
          <span className="wrap">by {apiKey.created_by.email}</span>
          {!over && <span>until {formatInstant(apiKey.expires_at)}</span>}
          {apiKey.per_minute && <span>{apiKey.per_minute} requests a minute</span>}
          {apiKey.last_used_at ? (
            <span>
              used <Ago at={apiKey.last_used_at} />
              {apiKey.last_address && <span className="num"> from {apiKey.last_address}</span>}
            </span>
          ) : (
            <span>never used</span>
          )}
        </div>
      </div>
      {!over && (
        <Button
          variant="default"
          aria-label={`Revoke ${apiKey.name}`}
          loading={revoke.isPending}
          onClick={() => revoke.mutate({ params: { path: { id: apiKey.id } } })}
        >
          Revoke
        </Button>
      )}
    </li>
  );
}
