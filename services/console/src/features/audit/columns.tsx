/** The columns of the log, and the same row for a narrow page. */
import { UnstyledButton } from '@mantine/core';
import { createColumnHelper } from '@tanstack/react-table';
import type { AuditEntry } from '~/api/model';
import { formatDayAndClock } from '~/format/time';
import { Ago } from '~/ui/Ago';
import type { TableParts } from '~/ui/DataTable';
import classes from './AuditLog.module.css';
import { actionWords, targetWords } from './changes';

const column = createColumnHelper<TableParts, AuditEntry>();

export const auditColumns = (show: (id: string) => void) =>
  column.columns([
    column.accessor('at', {
      header: 'When',
      enableSorting: false,
      meta: { width: '112px' },
      cell: (cell) => <Ago at={cell.getValue()} />,
    }),
    column.accessor((row) => row.actor.name, {
      id: 'who',
      header: 'Who',
      enableSorting: false,
      cell: (cell) => <span className="wrap">{cell.getValue()}</span>,
    }),
    column.accessor('action', {
      header: 'What',
      enableSorting: false,
      cell: ({ row: { original } }) => (
        <UnstyledButton className={classes.what} onClick={() => show(original.id)}>
          {actionWords(original.action)}
        </UnstyledButton>
      ),
    }),
    column.accessor(targetWords, {
      id: 'target',
      header: 'Which',
      enableSorting: false,
      cell: (cell) => <span className="wrap">{cell.getValue()}</span>,
    }),
    column.accessor('address', {
      header: 'From',
      enableSorting: false,
      meta: { wideOnly: true, width: '132px' },
      cell: (cell) => <span className="num">{cell.getValue() ?? '–'}</span>,
    }),
  ]);

export function NarrowEntry({ row, show }: { row: AuditEntry; show: (id: string) => void }) {
  return (
    <UnstyledButton className={classes.narrow} onClick={() => show(row.id)}>
      <span className={classes.narrowWhat}>
        {actionWords(row.action)} · {targetWords(row)}
      </span>
      <span className={classes.figures}>
        <span className="wrap">{row.actor.name}</span>
        <span className="num">{formatDayAndClock(row.at)}</span>
      </span>
    </UnstyledButton>
  );
}
