/** The columns of both lists of sign-ins, and the same rows for a narrow page. */
import { Text, UnstyledButton } from '@mantine/core';
import { createColumnHelper } from '@tanstack/react-table';
import type { AuthLogEntry, SignInEntry } from '~/api/model';
import { Ago } from '~/ui/Ago';
import type { TableParts } from '~/ui/DataTable';
import { OutcomeMark } from './OutcomeMark';
import { deviceWords, methodWords } from './words';

const one = createColumnHelper<TableParts, AuthLogEntry>();
const own = createColumnHelper<TableParts, SignInEntry>();

const nobody = 'Nobody known';

export const authLogColumns = (only: (person: string) => void) =>
  one.columns([
    one.accessor('at', {
      header: 'When',
      enableSorting: false,
      meta: { width: '112px' },
      cell: (cell) => <Ago at={cell.getValue()} />,
    }),
    one.accessor('outcome', {
      header: 'What',
      enableSorting: false,
      cell: ({ row: { original } }) => <OutcomeMark {...original} />,
    }),
    one.accessor((row) => row.person?.name, {
      id: 'who',
      header: 'Whose account',
      enableSorting: false,
      cell: ({ row: { original } }) => <Whose entry={original} only={only} />,
    }),
    one.accessor(deviceWords, {
      id: 'device',
      header: 'Device',
      enableSorting: false,
      meta: { wideOnly: true },
      cell: (cell) => <span className="wrap">{cell.getValue()}</span>,
    }),
    one.accessor('address', {
      header: 'From',
      enableSorting: false,
      meta: { wideOnly: true, width: '132px' },
      cell: (cell) => <span className="num">{cell.getValue() ?? '–'}</span>,
    }),
  ]);

function Whose({ entry, only }: { entry: AuthLogEntry; only: (person: string) => void }) {
  const { person } = entry;
  if (!person)
    return (
      <Text c="dimmed" inherit>
        {nobody}
      </Text>
    );
  return (
    <UnstyledButton
      className="wrap"
      fz="inherit"
      title={person.email ?? undefined}
      aria-label={`Only ${person.name}`}
      onClick={() => only(person.id)}
    >
      {person.name}
    </UnstyledButton>
  );
}

export function NarrowAttempt({ entry }: { entry: AuthLogEntry }) {
  return (
    <div>
      <Text fw={600} component="div">
        <OutcomeMark {...entry} />
      </Text>
      <Text size="sm" c="dimmed" component="div" className="wrap">
        <Ago at={entry.at} /> · {entry.person?.name ?? nobody} · {deviceWords(entry)}
        {entry.address && <span className="num"> · {entry.address}</span>}
      </Text>
    </div>
  );
}

export const signInColumns = own.columns([
  own.accessor('at', {
    header: 'When',
    enableSorting: false,
    meta: { width: '112px' },
    cell: (cell) => <Ago at={cell.getValue()} />,
  }),
  own.accessor('outcome', {
    header: 'What',
    enableSorting: false,
    cell: ({ row: { original } }) => <OutcomeMark {...original} />,
  }),
  own.accessor(deviceWords, {
    id: 'device',
    header: 'Device',
    enableSorting: false,
    cell: ({ row: { original }, getValue }) => (
      <span className="wrap">
        {getValue()}
        {sessionWords(original)}
      </span>
    ),
  }),
  own.accessor('method', {
    header: 'By',
    enableSorting: false,
    meta: { wideOnly: true, width: '100px' },
    cell: (cell) => methodWords(cell.getValue()),
  }),
  own.accessor('address', {
    header: 'From',
    enableSorting: false,
    meta: { wideOnly: true, width: '132px' },
    cell: (cell) => <span className="num">{cell.getValue() ?? '–'}</span>,
  }),
]);

function sessionWords({ session_id, current }: SignInEntry): string {
  if (session_id === null) return '';
  return current ? ' · this session' : ' · still signed in';
}

export function NarrowSignIn({ entry }: { entry: SignInEntry }) {
  return (
    <div>
      <Text fw={600} component="div">
        <OutcomeMark {...entry} />
      </Text>
      <Text size="sm" c="dimmed" component="div" className="wrap">
        <Ago at={entry.at} /> · {deviceWords(entry)}
        {sessionWords(entry)}
        {entry.address && <span className="num"> · {entry.address}</span>}
      </Text>
    </div>
  );
}
