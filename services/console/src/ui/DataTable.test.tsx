import { MantineProvider } from '@mantine/core';
import { createColumnHelper } from '@tanstack/react-table';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { DataTable, type Sort, type TableParts } from './DataTable';

interface Fruit {
  id: string;
  name: string;
}

const column = createColumnHelper<TableParts, Fruit>();
const columns = column.columns([
  column.accessor('name', { header: 'Name' }),
  column.display({ id: 'act', header: 'Actions', meta: { silent: true }, cell: () => '…' }),
]);
const rows = [
  { id: 'b', name: 'Pear' },
  { id: 'a', name: 'Apple' },
];

function show({
  sort = { id: 'name', desc: false },
  onSort = vi.fn(),
}: {
  sort?: Sort;
  onSort?: () => void;
} = {}) {
  render(
    <MantineProvider env="test">
      <DataTable
        label="Fruit"
        columns={columns}
        rows={rows}
        rowId={({ id }) => id}
        sort={sort}
        onSort={onSort}
        renderNarrow={({ name }) => <b>{name}</b>}
        renderOpen={({ id }) => (id === 'a' ? 'About apples' : null)}
      />
    </MantineProvider>,
  );
  return onSort;
}

it('keeps the order it is given: the server sorts', () => {
  show();
  const cells = within(screen.getByRole('table', { name: 'Fruit' })).getAllByRole('cell');
  expect(cells.map((cell) => cell.textContent)).toEqual([
    'Pear',
    '…',
    'Apple',
    '…',
    'About apples',
  ]);
});

it('says how it is sorted, and asks for the other way on a click', async () => {
  const onSort = show();
  expect(screen.getByRole('columnheader', { name: 'Name' })).toHaveAttribute(
    'aria-sort',
    'ascending',
  );
  await userEvent.click(screen.getByRole('button', { name: 'Name' }));
  expect(onSort).toHaveBeenCalledWith({ id: 'name', desc: true });
});

it('begins a new column from its start', async () => {
  const onSort = show({ sort: { id: 'other', desc: true } });
  expect(screen.getByRole('columnheader', { name: 'Name' })).toHaveAttribute('aria-sort', 'none');
  await userEvent.click(screen.getByRole('button', { name: 'Name' }));
  expect(onSort).toHaveBeenCalledWith({ id: 'name', desc: false });
});

it('is a list where it is narrow', () => {
  vi.mocked(window.matchMedia).mockImplementation(
    (query) =>
      ({ matches: true, media: query, addEventListener() {}, removeEventListener() {} }) as never,
  );
  show();
  expect(screen.queryByRole('table')).not.toBeInTheDocument();
  expect(within(screen.getByRole('list', { name: 'Fruit' })).getAllByRole('listitem')).toHaveLength(
    2,
  );
});
