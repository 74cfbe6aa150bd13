/** The columns of the endpoint table. */
import { Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { createColumnHelper } from '@tanstack/react-table';
import type { Window } from '~/api/model';
import { formatDuration, formatPercent } from '~/format/numbers';
import { Ago } from '~/ui/Ago';
import type { TableParts } from '~/ui/DataTable';
import { StateMark } from '~/ui/StateMark';
import { UptimeBars } from '~/ui/UptimeBars';
import { EndpointMenu } from '../EndpointMenu';
import classes from './EndpointList.module.css';
import { type EndpointRow, rowLink } from './rows';

const column = createColumnHelper<TableParts, EndpointRow>();

function NameCell({ endpoint: { id, name, url } }: { endpoint: EndpointRow['endpoint'] }) {
  return (
    <div className={classes.name}>
      <Link to="/endpoints/$id" params={{ id }} {...rowLink}>
        {name}
      </Link>
      <span className={classes.address}>{url}</span>
    </div>
  );
}

export function BarsCell({ endpoint, summary, stepSeconds }: EndpointRow) {
  if (!summary) return <Skeleton height={16} radius={0} />;
  return <UptimeBars bars={summary.bars} stepSeconds={stepSeconds} label={endpoint.name} />;
}

const build = (window: Window) =>
  column.columns([
    column.accessor((row) => row.endpoint.state, {
      id: 'state',
      header: 'State',
      meta: { width: '112px' },
      cell: (cell) => <StateMark state={cell.getValue()} />,
    }),
    column.accessor((row) => row.endpoint.name, {
      id: 'name',
      header: 'Name',
      cell: (cell) => <NameCell endpoint={cell.row.original.endpoint} />,
    }),
    column.display({
      id: 'bars',
      header: window === '24h' ? 'Last 24 hours' : 'Last 90 days',
      meta: { width: '28%' },
      cell: (cell) => <BarsCell {...cell.row.original} />,
    }),
    column.accessor((row) => row.summary?.uptime_percent, {
      id: 'uptime',
      header: 'Uptime',
      enableSorting: false,
      meta: { numeric: true, width: '84px' },
      cell: (cell) => <span className="num">{formatPercent(cell.getValue())}</span>,
    }),
    column.accessor((row) => row.summary?.p95_ms, {
      id: 'p95',
      header: 'p95',
      enableSorting: false,
      meta: { numeric: true, width: '84px' },
      cell: (cell) => <span className="num">{formatDuration(cell.getValue())}</span>,
    }),
    column.accessor((row) => row.endpoint.last_checked_at, {
      id: 'checked',
      header: 'Last check',
      enableSorting: false,
      meta: { numeric: true, wideOnly: true, width: '104px' },
      cell: (cell) => {
        const at = cell.getValue();
        return at ? <Ago at={at} /> : <span className="num">–</span>;
      },
    }),
    column.display({
      id: 'actions',
      header: 'Actions',
      meta: { silent: true, width: '52px' },
      cell: (cell) => <EndpointMenu endpoint={cell.row.original.endpoint} />,
    }),
  ]);

/** Made once per window: a new array would make the table build itself anew. */
const columns = { '24h': build('24h'), '90d': build('90d') };

export const endpointColumns = (window: '24h' | '90d') => columns[window];
