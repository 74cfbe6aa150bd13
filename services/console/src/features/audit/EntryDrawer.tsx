/** One row of the log, whole: who, from where, and what it looked like before and after. */
import { Drawer, Group, Table } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { AuditEntry } from '~/api/model';
import { formatInstant, formatUtc, timeZone } from '~/format/time';
import classes from './AuditLog.module.css';
import { actionWords, type Change, changesOf } from './changes';

export function EntryDrawer({ entry, onClose }: { entry: AuditEntry | null; onClose: () => void }) {
  return (
    <Drawer
      opened={entry !== null}
      onClose={onClose}
      position="right"
      size={560}
      title={entry ? actionWords(entry.action) : ''}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {entry && <Whole entry={entry} onLeave={onClose} />}
    </Drawer>
  );
}

function Whole({ entry, onLeave }: { entry: AuditEntry; onLeave: () => void }) {
  const { actor, target } = entry;
  return (
    <div className={classes.entry}>
      <Changes changes={changesOf(entry)} />
      <dl className={classes.facts}>
        <Fact label="When">
          {formatInstant(entry.at)} {timeZone()}
          <br />
          {formatUtc(entry.at)}
        </Fact>
        <Fact label="Who">
          {actor.name}
          {actor.email && actor.email !== actor.name && <> ({actor.email})</>}
        </Fact>
        <Fact label="From">{entry.address ?? 'Nowhere: the platform itself'}</Fact>
        <Fact label="Which">
          {target.kind} {target.id}
        </Fact>
        <Fact label="Request">{entry.request_id}</Fact>
        <Fact label="Place">{entry.seq ?? 'Not sealed yet: that takes some seconds'}</Fact>
        {entry.hash && <Fact label="Hash">{entry.hash}</Fact>}
      </dl>
      <Group gap="md">
        {actor.id && (
          <Link from="/settings/audit" to="." search={{ actor: actor.id }} onClick={onLeave}>
            Everything by {actor.name}
          </Link>
        )}
        <Link from="/settings/audit" to="." search={{ target: target.id }} onClick={onLeave}>
          Everything about this {target.kind.replaceAll('_', ' ')}
        </Link>
      </Group>
    </div>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <dt className="eyebrow">{label}</dt>
      <dd className="num wrap">{children}</dd>
    </>
  );
}

/** What is new has no "before", what is gone no "after": an empty column would only take room. */
function Changes({ changes }: { changes: Change[] }) {
  if (changes.length === 0) return <p className={classes.none}>No fields changed.</p>;
  const was = changes.some(({ before }) => before !== undefined);
  const is = changes.some(({ after }) => after !== undefined);
  return (
    <Table aria-label="What changed" className={classes.changes}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Field</Table.Th>
          {was && <Table.Th>Before</Table.Th>}
          {is && <Table.Th>After</Table.Th>}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {changes.map(({ field, before, after }) => (
          <Table.Tr key={field}>
            <Table.Th scope="row">{field.replaceAll('_', ' ')}</Table.Th>
            {was && <Table.Td>{before === undefined ? '–' : <del>{before}</del>}</Table.Td>}
            {is && <Table.Td>{after === undefined ? '–' : <ins>{after}</ins>}</Table.Td>}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
