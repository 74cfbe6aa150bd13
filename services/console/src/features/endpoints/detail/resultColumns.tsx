/** The columns of the list of checks, and the same row for a narrow page. */
import { ActionIcon, UnstyledButton } from '@mantine/core';
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { createColumnHelper } from '@tanstack/react-table';
import type { CheckResult } from '~/api/model';
import { formatDuration } from '~/format/numbers';
import { formatDayAndClock, formatInstant } from '~/format/time';
import { Ago } from '~/ui/Ago';
import type { TableParts } from '~/ui/DataTable';
import { StateMark, StateTick, stateWord } from '~/ui/StateMark';
import { keyOf } from './Results';
import classes from './Results.module.css';

const column = createColumnHelper<TableParts, CheckResult>();

type Toggle = (key: string) => void;

function Disclosure({
  row,
  open,
  onToggle,
}: {
  row: CheckResult;
  open: boolean;
  onToggle: Toggle;
}) {
  const Chevron = open ? IconChevronUp : IconChevronDown;
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-expanded={open}
      aria-label={`Phases of the check at ${formatInstant(row.checked_at)}`}
      onClick={() => onToggle(keyOf(row))}
    >
      <Chevron size={16} />
    </ActionIcon>
  );
}

export const resultColumns = (open: string | null, onToggle: Toggle) =>
  column.columns([
    column.accessor('outcome', {
      header: 'Outcome',
      enableSorting: false,
      meta: { width: '112px' },
      cell: (cell) => <StateMark state={cell.getValue()} />,
    }),
    column.accessor('checked_at', {
      header: 'When',
      enableSorting: false,
      meta: { width: '120px' },
      cell: (cell) => <Ago at={cell.getValue()} />,
    }),
    column.accessor('message', {
      header: 'What happened',
      enableSorting: false,
      cell: (cell) => <span className="wrap">{cell.getValue()}</span>,
    }),
    column.accessor('status_code', {
      header: 'Code',
      enableSorting: false,
      meta: { numeric: true, width: '64px' },
      cell: (cell) => <span className="num">{cell.getValue() ?? '–'}</span>,
    }),
    column.accessor('duration_ms', {
      header: 'Took',
      enableSorting: false,
      meta: { numeric: true, width: '84px' },
      cell: (cell) => <span className="num">{formatDuration(cell.getValue())}</span>,
    }),
    column.display({
      id: 'phases',
      header: 'Phases',
      meta: { silent: true, width: '52px' },
      cell: ({ row: { original } }) => (
        <Disclosure row={original} open={keyOf(original) === open} onToggle={onToggle} />
      ),
    }),
  ]);

interface NarrowResultProps {
  row: CheckResult;
  open: string | null;
  onToggle: Toggle;
}

export function NarrowResult({ row, open, onToggle }: NarrowResultProps) {
  const { outcome, checked_at, duration_ms, status_code, message } = row;
  return (
    <UnstyledButton
      className={classes.narrow}
      aria-expanded={keyOf(row) === open}
      onClick={() => onToggle(keyOf(row))}
    >
      <StateTick state={outcome} />
      <span className={classes.lines}>
        <span className={classes.message}>{message}</span>
        <span className={classes.figures}>
          <span>{stateWord(outcome)}</span>
          <span className="num">{formatDayAndClock(checked_at)}</span>
          <span className="num">{formatDuration(duration_ms)}</span>
          {status_code && <span className="num">{status_code}</span>}
        </span>
      </span>
    </UnstyledButton>
  );
}
