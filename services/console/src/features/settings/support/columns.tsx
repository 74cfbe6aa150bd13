/** The columns of the list of looks, and the same for a narrow page. */
import { Text } from '@mantine/core';
import { createColumnHelper } from '@tanstack/react-table';
import type { SupportLook } from '~/api/model';
import { formatSpan } from '~/format/time';
import { Ago } from '~/ui/Ago';
import type { TableParts } from '~/ui/DataTable';
import { useNow } from '~/ui/useNow';

const column = createColumnHelper<TableParts, SupportLook>();

const why = ({ reason, ticket }: SupportLook): string =>
  ticket ? `${reason} (${ticket})` : reason;

/** How long it took; whoever looks still, until when. */
function Lasted({
  look: { began_at: from, ended_at: ended, ends_at: ends },
}: {
  look: SupportLook;
}) {
  const now = useNow();
  if (ended) return <span className="num">{formatSpan(from, Date.parse(ended))}</span>;
  return Date.parse(ends) > now ? (
    <strong>looks now</strong>
  ) : (
    <span className="num">{formatSpan(from, Date.parse(ends))}</span>
  );
}

export const lookColumns = column.columns([
  column.accessor('operator', {
    header: 'Who',
    enableSorting: false,
    cell: ({ getValue }) => <strong className="wrap">{getValue()}</strong>,
  }),
  column.display({
    id: 'why',
    header: 'Why',
    cell: ({ row }) => <span className="wrap">{why(row.original)}</span>,
  }),
  column.accessor('began_at', {
    header: 'Began',
    enableSorting: false,
    cell: ({ getValue }) => <Ago at={getValue()} />,
  }),
  column.display({
    id: 'lasted',
    header: 'Lasted',
    cell: ({ row }) => <Lasted look={row.original} />,
  }),
]);

export function NarrowLook({ look }: { look: SupportLook }) {
  return (
    <div>
      <Text fw={600} className="wrap">
        {look.operator}
      </Text>
      <Text size="sm" className="wrap">
        {why(look)}
      </Text>
      <Text size="sm" c="dimmed" component="div">
        <Ago at={look.began_at} /> · <Lasted look={look} />
      </Text>
    </div>
  );
}
