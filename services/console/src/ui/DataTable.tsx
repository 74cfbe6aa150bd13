/** The console's one table: TanStack's row model in Mantine's table, two-line rows where it is narrow. */
import { Table, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import {
  type ColumnDef,
  type Header,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import clsx from 'clsx';
import { Fragment, type ReactNode } from 'react';
import classes from './DataTable.module.css';
import { useNarrow } from './useNarrow';

interface ColumnLook {
  /** Figures stand on the right. */
  numeric?: boolean;
  /** The heading is for readers of the page's structure only. */
  silent?: boolean;
  /** Dropped below the width of the rail. */
  wideOnly?: boolean;
  width?: string;
}

export const tableParts = tableFeatures({ rowSortingFeature, columnMeta: {} as ColumnLook });
export type TableParts = typeof tableParts;

export interface Sort {
  id: string;
  desc: boolean;
}

interface DataTableProps<Row extends object> {
  label: string;
  // biome-ignore lint/suspicious/noExplicitAny: TanStack's own type for columns of mixed values.
  columns: ColumnDef<TableParts, Row, any>[];
  rows: Row[];
  rowId: (row: Row) => string;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  /** The same row for a narrow page. */
  renderNarrow: (row: Row) => ReactNode;
  /** What a row opens to, or nothing. */
  renderOpen?: (row: Row) => ReactNode;
}

const NO_SORT: Sort[] = [];

export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { label, columns, rows, rowId, sort, onSort, renderNarrow, renderOpen } = props;
  const sorting = sort ? [sort] : NO_SORT;
  const table = useTable({
    features: tableParts,
    columns,
    data: rows,
    getRowId: rowId,
    manualSorting: true,
    enableSortingRemoval: false,
    sortDescFirst: false,
    state: { sorting },
    onSortingChange: (update) => {
      const [next] = typeof update === 'function' ? update(sorting) : update;
      if (next) onSort?.(next);
    },
  });

  if (useNarrow()) {
    return (
      <ul className={classes.list} aria-label={label}>
        {rows.map((row) => (
          <li key={rowId(row)} className={classes.item}>
            {renderNarrow(row)}
            {renderOpen?.(row)}
          </li>
        ))}
      </ul>
    );
  }

  return (
    <Table aria-label={label} className={classes.table}>
      <Table.Thead>
        {table.getHeaderGroups().map((group) => (
          <Table.Tr key={group.id}>
            {group.headers.map((header) => (
              <Heading key={header.id} header={header}>
                <table.FlexRender header={header} />
              </Heading>
            ))}
          </Table.Tr>
        ))}
      </Table.Thead>
      <Table.Tbody>
        {table.getRowModel().rows.map((row) => {
          const open = renderOpen?.(row.original);
          return (
            <Fragment key={row.id}>
              <Table.Tr className={open ? classes.open : undefined}>
                {row.getAllCells().map((cell) => (
                  <Table.Td key={cell.id} className={look(cell.column.columnDef.meta)}>
                    <table.FlexRender cell={cell} />
                  </Table.Td>
                ))}
              </Table.Tr>
              {open && (
                <Table.Tr>
                  <Table.Td colSpan={columns.length}>{open}</Table.Td>
                </Table.Tr>
              )}
            </Fragment>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}

const look = (meta: ColumnLook | undefined): string =>
  clsx(meta?.numeric && classes.numeric, meta?.wideOnly && classes.wideOnly);

interface HeadingProps<Row extends object> {
  header: Header<TableParts, Row, unknown>;
  children: ReactNode;
}

function Heading<Row extends object>({ header, children }: HeadingProps<Row>) {
  const meta = header.column.columnDef.meta;
  const width = meta?.width ? { w: meta.width } : {};
  if (!header.column.getCanSort()) {
    return (
      <Table.Th className={look(meta)} {...width}>
        {meta?.silent ? <VisuallyHidden>{children}</VisuallyHidden> : children}
      </Table.Th>
    );
  }
  const direction = header.column.getIsSorted();
  const Arrow = direction === 'desc' ? IconArrowDown : IconArrowUp;
  const spoken = { asc: 'ascending', desc: 'descending' } as const;
  return (
    <Table.Th className={look(meta)} aria-sort={direction ? spoken[direction] : 'none'} {...width}>
      <UnstyledButton
        className={classes.sort}
        onClick={() => header.column.toggleSorting(direction === 'asc')}
      >
        {children}
        <Arrow size={13} aria-hidden className={clsx(!direction && classes.unsorted)} />
      </UnstyledButton>
    </Table.Th>
  );
}
