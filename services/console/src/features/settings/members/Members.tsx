/** Who belongs to the organisation, who is invited, and what each role can do. */
import { Button, Group, Skeleton, Stack, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData } from '@tanstack/react-query';
import { useState } from 'react';
import { $api } from '~/api/client';
import type { Member } from '~/api/model';
import { useCan } from '~/features/identity/session';
import { DataTable } from '~/ui/DataTable';
import { FailurePart } from '~/ui/Failure';
import { Notice } from '~/ui/Notice';
import { Page } from '~/ui/Page';
import { Section } from '~/ui/Section';
import { ChangeDialog, type Wanted } from './ChangeDialog';
import { memberColumns, NarrowMember } from './columns';
import { Invitations } from './Invitations';
import { InviteDialog } from './InviteDialog';
import { OpenOffer } from './OpenOffer';
import { RoleTable } from './RoleTable';

const PAGE_SIZE = 50;
const TYPED_MS = 250;

export function Members() {
  const manages = useCan('members_manage');
  const invites = useCan('members_invite');
  const owns = useCan('organization_own');
  const [inviting, setInviting] = useState(false);
  return (
    <Page
      eyebrow="Settings"
      title="Members"
      actions={invites && <Button onClick={() => setInviting(true)}>Invite somebody</Button>}
    >
      <MemberList manages={manages} />
      {invites && <Invitations />}
      {owns && <OpenOffer />}
      <RoleTable />
      {invites && <InviteDialog opened={inviting} onClose={() => setInviting(false)} />}
    </Page>
  );
}

function MemberList({ manages }: { manages: boolean }) {
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim(), TYPED_MS);
  /** The cursors of the pages up to this one; another search starts from the top. */
  const [trail, setTrail] = useState<string[]>([]);
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const cursor = trail.at(-1);
  const list = $api.useQuery(
    'get',
    '/api/v1/members',
    { params: { query: { limit: PAGE_SIZE, ...(q ? { q } : {}), ...(cursor ? { cursor } : {}) } } },
    { placeholderData: keepPreviousData },
  );
  const rows = list.data?.items;
  const next = list.data?.next_cursor;
  const change = manages ? setWanted : undefined;

  return (
    <Section
      title="People"
      flush
      actions={
        <TextInput
          aria-label="Search members"
          placeholder="Name or address"
          type="search"
          maxLength={200}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setTrail([]);
          }}
        />
      }
    >
      {list.isError && !rows ? (
        <FailurePart error={list.error} retry={list.refetch} />
      ) : !rows ? (
        <Stack p="md" role="status" aria-label="Loading members">
          <Skeleton height={28} />
          <Skeleton height={28} />
        </Stack>
      ) : rows.length === 0 ? (
        <Notice title="Nobody matches" order={3}>
          Search for a part of a name or an address.
        </Notice>
      ) : (
        <DataTable<Member>
          label="Members"
          columns={memberColumns(change)}
          rows={rows}
          rowId={({ id }) => id}
          renderNarrow={(row) => <NarrowMember member={row} onChange={change} />}
        />
      )}
      {(trail.length > 0 || next) && (
        <Group p="md" gap="xs" justify="flex-end">
          <Button
            variant="default"
            disabled={trail.length === 0}
            onClick={() => setTrail(trail.slice(0, -1))}
          >
            Previous
          </Button>
          <Button
            variant="default"
            disabled={!next}
            onClick={() => next && setTrail([...trail, next])}
          >
            Next
          </Button>
        </Group>
      )}
      <ChangeDialog wanted={wanted} onClose={() => setWanted(null)} />
    </Section>
  );
}
