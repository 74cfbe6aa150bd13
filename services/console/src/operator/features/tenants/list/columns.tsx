/** The columns of the roster. */
import { Checkbox } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { createColumnHelper } from '@tanstack/react-table';
import { Ago } from '~/ui/Ago';
import type { TableParts } from '~/ui/DataTable';
import type { Tenant } from '../../../api/model';
import { useCan } from '../../identity/session';
import { StateWord } from '../StateWord';
import { formatBytes } from '../size';
import { selectable, useChosen } from './selection';
import classes from './TenantList.module.css';

const column = createColumnHelper<TableParts, Tenant>();

export function Tick({ tenant }: { tenant: Tenant }) {
  const selection = useChosen();
  const manages = useCan('tenants_manage');
  if (!manages || !selectable(tenant)) return null;
  return (
    <Checkbox
      size="sm"
      aria-label={`Select ${tenant.slug}`}
      checked={selection.has(tenant.id)}
      onChange={(event) => selection.set([tenant], event.currentTarget.checked)}
    />
  );
}

export function TenantName({ tenant }: { tenant: Tenant }) {
  return (
    <div className={classes.name}>
      <Link to="/tenants/$id" params={{ id: tenant.id }}>
        {tenant.slug ?? <span className="num">{tenant.id}</span>}
      </Link>
      {tenant.name && <span className={classes.second}>{tenant.name}</span>}
    </div>
  );
}

/** Made once: a new array would make the table build itself anew. */
export const COLUMNS = column.columns([
  column.display({
    id: 'tick',
    header: 'Selected',
    meta: { silent: true, width: '48px' },
    cell: (cell) => <Tick tenant={cell.row.original} />,
  }),
  column.accessor('slug', {
    id: 'slug',
    header: 'Organisation',
    cell: (cell) => <TenantName tenant={cell.row.original} />,
  }),
  column.accessor('state', {
    id: 'state',
    header: 'State',
    meta: { width: '128px' },
    cell: (cell) => <StateWord state={cell.getValue()} />,
  }),
  column.accessor('plan', { id: 'plan', header: 'Plan', meta: { width: '104px' } }),
  column.accessor('schema_version', {
    id: 'version',
    header: 'Version',
    meta: { numeric: true, width: '96px', wideOnly: true },
    cell: (cell) => <span className="num">{cell.getValue()}</span>,
  }),
  column.accessor('size_bytes', {
    id: 'size',
    header: 'Size',
    meta: { numeric: true, width: '104px' },
    cell: (cell) => <span className="num">{formatBytes(cell.getValue())}</span>,
  }),
  column.accessor('created_at', {
    id: 'created',
    header: 'Created',
    meta: { numeric: true, width: '112px', wideOnly: true },
    cell: (cell) => <Instant at={cell.getValue()} />,
  }),
  column.accessor('last_active_at', {
    id: 'active',
    header: 'Last activity',
    meta: { numeric: true, width: '128px' },
    cell: (cell) => <Instant at={cell.getValue()} />,
  }),
]);

export function Instant({ at }: { at: string | null | undefined }) {
  return at ? <Ago at={at} /> : <span className="num">–</span>;
}
