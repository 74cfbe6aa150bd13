/** The columns of the list of sessions. */
import { Badge, Button, Group } from '@mantine/core';
import { createColumnHelper } from '@tanstack/react-table';
import type { OpenSession } from '~/api/model';
import { Ago } from '~/ui/Ago';
import type { TableParts } from '~/ui/DataTable';

const column = createColumnHelper<TableParts, OpenSession>();

const KINDS: Record<OpenSession['kind'], string> = {
  browser: 'A browser',
  program: 'A program',
  support: 'Support',
};

const METHODS: Record<string, string> = {
  password: 'Password',
  passkey: 'Passkey',
  discord: 'Discord',
  support: 'Support',
};

/** `Firefox on Linux`, as far as it is known. */
export function deviceOf({ kind, browser, system }: OpenSession): string {
  const name = browser ?? KINDS[kind];
  return system ? `${name} on ${system}` : name;
}

/** What it is, where that is not a browser. */
export const kindOf = ({ kind }: OpenSession): string | null =>
  kind === 'browser' ? null : KINDS[kind];

export const sessionColumns = (onEnd: (session: OpenSession) => void) =>
  column.columns([
    column.display({
      id: 'device',
      header: 'Device',
      meta: { width: '38%' },
      cell: ({ row: { original } }) => (
        <Group gap="xs">
          <strong className="wrap">{deviceOf(original)}</strong>
          {original.current && (
            <Badge variant="default" size="sm">
              This one
            </Badge>
          )}
          {kindOf(original) && <span>{kindOf(original)}</span>}
        </Group>
      ),
    }),
    column.accessor('method', {
      header: 'Signed in by',
      enableSorting: false,
      meta: { wideOnly: true },
      cell: ({ getValue }) => METHODS[getValue()] ?? getValue(),
    }),
    column.accessor('address', {
      header: 'From',
      enableSorting: false,
      cell: ({ getValue }) => <span className="num">{getValue() ?? 'unknown'}</span>,
    }),
    column.accessor('created_at', {
      header: 'Since',
      enableSorting: false,
      meta: { wideOnly: true },
      cell: ({ getValue }) => <Ago at={getValue()} />,
    }),
    column.accessor('last_seen_at', {
      header: 'Last there',
      enableSorting: false,
      cell: ({ getValue }) => <Ago at={getValue()} />,
    }),
    column.display({
      id: 'end',
      header: 'End',
      meta: { silent: true, numeric: true },
      cell: ({ row: { original } }) => (
        <Button
          variant="default"
          size="compact-sm"
          aria-label={`End ${deviceOf(original)}${original.current ? ', this one' : ''}`}
          onClick={() => onEnd(original)}
        >
          End
        </Button>
      ),
    }),
  ]);
