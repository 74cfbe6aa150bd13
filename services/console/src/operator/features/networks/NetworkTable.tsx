/** Networks as a table: what is thought of each, why, until when, and what can be done about it. */
import { Badge, Menu } from '@mantine/core';
import { createColumnHelper } from '@tanstack/react-table';
import { createContext, useContext } from 'react';
import { formatInstant } from '~/format/time';
import { Ago } from '~/ui/Ago';
import { DataTable, type TableParts } from '~/ui/DataTable';
import { RowMenu } from '~/ui/RowMenu';
import type { Network } from '../../api/model';
import { useCan } from '../identity/session';
import type { Asked } from './dialogs/NetworkDialogs';
import classes from './Networks.module.css';
import { authorWords, verdictWords } from './verdict';

const column = createColumnHelper<TableParts, Network>();

/** How a row asks for a dialog: the columns are made once, for all tables. */
const AskContext = createContext<(asked: Asked) => void>(() => {});

/** Made once: a new array would make the table build itself anew. */
const COLUMNS = column.columns([
  column.accessor('network', {
    id: 'network',
    header: 'Network',
    cell: (cell) => <Name network={cell.row.original} />,
  }),
  column.accessor('verdict', {
    id: 'verdict',
    header: 'Verdict',
    meta: { width: '124px' },
    cell: (cell) => <VerdictWord network={cell.row.original} />,
  }),
  column.accessor('reason', {
    id: 'reason',
    header: 'Reason',
    cell: (cell) => <span className="wrap">{cell.getValue()}</span>,
  }),
  column.accessor('until', {
    id: 'until',
    header: 'Until',
    meta: { width: '200px' },
    cell: (cell) => <Until network={cell.row.original} />,
  }),
  column.accessor('created_at', {
    id: 'created',
    header: 'By',
    meta: { wideOnly: true },
    cell: (cell) => <Author network={cell.row.original} />,
  }),
  column.display({
    id: 'actions',
    header: 'Actions',
    meta: { silent: true, width: '56px' },
    cell: (cell) => <Actions network={cell.row.original} />,
  }),
]);

interface NetworkTableProps {
  networks: Network[];
  onAsk: (asked: Asked) => void;
}

export function NetworkTable({ networks, onAsk }: NetworkTableProps) {
  return (
    <AskContext value={onAsk}>
      <DataTable
        label="Networks"
        columns={COLUMNS}
        rows={networks}
        rowId={({ id }) => id}
        renderNarrow={(network) => <NarrowRow network={network} />}
      />
    </AskContext>
  );
}

interface Of {
  network: Network;
}

function NarrowRow({ network }: Of) {
  return (
    <div className={classes.narrow}>
      <div className={classes.lines}>
        <Name network={network} />
        <div className="wrap">{network.reason}</div>
        <div className={classes.small}>
          <VerdictWord network={network} />
          {network.until && (
            <span>
              until <Until network={network} />
            </span>
          )}
          <Author network={network} />
        </div>
      </div>
      <Actions network={network} />
    </div>
  );
}

function Name({ network: { network, decides } }: Of) {
  return (
    <div className={classes.network}>
      <strong className="num wrap">{network}</strong>
      {decides && <Badge variant="default">decides</Badge>}
    </div>
  );
}

function VerdictWord({ network }: Of) {
  return (
    <span
      className={classes.verdict}
      data-verdict={network.verdict}
      data-over={network.in_force ? undefined : ''}
    >
      {verdictWords(network)}
    </span>
  );
}

function Until({ network: { until } }: Of) {
  return until ? <time dateTime={until}>{formatInstant(until)}</time> : <span>–</span>;
}

function Author({ network }: Of) {
  return (
    <span className={classes.second}>
      <span className="wrap">{authorWords(network)}</span>, <Ago at={network.created_at} />
    </span>
  );
}

function Actions({ network }: Of) {
  const ask = useContext(AskContext);
  if (!useCan('networks_manage')) return null;
  return (
    <RowMenu of={network.network}>
      <Menu.Item onClick={() => ask({ kind: 'set', network })}>Change</Menu.Item>
      <Menu.Item onClick={() => ask({ kind: 'remove', network })}>Remove</Menu.Item>
    </RowMenu>
  );
}
