/** Somebody's passkeys: the list, and what they do about one. */
import { Button, Group, Loader, Modal, Skeleton, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { $api } from '~/api/client';
import type { Passkey } from '~/api/model';
import { toast } from '~/app/toasts';
import { supportsPasskeys } from '~/features/identity/supports';
import { Ago } from '~/ui/Ago';
import { FailurePart } from '~/ui/Failure';
import { Section } from '~/ui/Section';
import { passkeysQuery, securityQuery } from './query';
import classes from './Security.module.css';

const NamePasskey = lazy(() => import('./NamePasskey'));

type Open = { what: 'add' } | { what: 'rename' | 'remove'; passkey: Passkey };

const TITLES: Record<Open['what'], string> = {
  add: 'Add a passkey',
  rename: 'Rename the passkey',
  remove: 'Remove the passkey?',
};

export function PasskeysSection() {
  const queryClient = useQueryClient();
  const list = $api.useQuery('get', '/api/v1/me/passkeys');
  const [open, setOpen] = useState<Open | null>(null);
  if (list.isError && !list.data) return <FailurePart error={list.error} retry={list.refetch} />;
  if (!list.data) return <Skeleton height={120} aria-busy="true" />;
  const done = () => {
    setOpen(null);
    for (const { queryKey } of [passkeysQuery, securityQuery])
      void queryClient.invalidateQueries({ queryKey });
  };
  const { items } = list.data;
  return (
    <Section
      title="Passkeys"
      actions={
        supportsPasskeys() && (
          <Button
            variant={items.length > 0 ? 'default' : 'filled'}
            onClick={() => setOpen({ what: 'add' })}
          >
            Add a passkey
          </Button>
        )
      }
    >
      <Stack>
        <Text size="sm" c="dimmed">
          {items.length > 0
            ? 'Each signs you in, without a password or a code.'
            : 'With a passkey you sign in by unlocking your device: no password, no code, and nothing that a false page could get out of you.'}
        </Text>
        {items.length > 0 && (
          <ul className={classes.list} aria-label="Your passkeys">
            {items.map((passkey) => (
              <Row key={passkey.id} passkey={passkey} onOpen={setOpen} />
            ))}
          </ul>
        )}
      </Stack>
      <Modal opened={open !== null} onClose={() => setOpen(null)} title={open && TITLES[open.what]}>
        {open?.what === 'remove' ? (
          <Remove passkey={open.passkey} onDone={done} onCancel={() => setOpen(null)} />
        ) : (
          <Suspense fallback={<Loader aria-label="Loading" />}>
            <NamePasskey
              {...(open?.what === 'rename' ? { passkey: open.passkey } : {})}
              onDone={done}
              onCancel={() => setOpen(null)}
            />
          </Suspense>
        )}
      </Modal>
    </Section>
  );
}

function Row({ passkey, onOpen }: { passkey: Passkey; onOpen: (open: Open) => void }) {
  const { name, host, works_here, created_at, last_used_at } = passkey;
  return (
    <li className={classes.row}>
      <div>
        <Text fw={600} className="wrap">
          {name}
        </Text>
        <Text size="sm" c="dimmed" component="div">
          Added <Ago at={created_at} /> ·{' '}
          {last_used_at ? (
            <>
              used <Ago at={last_used_at} />
            </>
          ) : (
            'never used'
          )}
        </Text>
        {!works_here && (
          <Text size="sm" className="wrap">
            Made on {host}: it works there and not here.
          </Text>
        )}
      </div>
      <Group gap="xs" wrap="nowrap">
        <Button
          variant="default"
          size="compact-sm"
          aria-label={`Rename ${name}`}
          onClick={() => onOpen({ what: 'rename', passkey })}
        >
          Rename
        </Button>
        <Button
          variant="default"
          size="compact-sm"
          aria-label={`Remove ${name}`}
          onClick={() => onOpen({ what: 'remove', passkey })}
        >
          Remove
        </Button>
      </Group>
    </li>
  );
}

interface RemoveProps {
  passkey: Passkey;
  onDone: () => void;
  onCancel: () => void;
}

function Remove({ passkey, onDone, onCancel }: RemoveProps) {
  const remove = $api.useMutation('delete', '/api/v1/me/passkeys/{id}', {
    onSuccess: () => {
      toast(`${passkey.name} signs you in no more`);
      onDone();
    },
  });
  return (
    <Stack>
      <Text className="wrap">
        {passkey.name} does not sign you in any more. Your device goes on offering it until you
        remove it there as well.
      </Text>
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          Keep it
        </Button>
        <Button
          color="down"
          loading={remove.isPending}
          onClick={() => remove.mutate({ params: { path: { id: passkey.id } } })}
        >
          Remove
        </Button>
      </Group>
    </Stack>
  );
}
