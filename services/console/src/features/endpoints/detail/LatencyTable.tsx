/** The plot's figures as a table, newest first: for readers of the page and for copying. */
import { Table } from '@mantine/core';
import type { LatencyPoint } from '~/api/model';
import { formatCount, formatDuration } from '~/format/numbers';
import { formatDayAndClock } from '~/format/time';
import classes from './History.module.css';

export function LatencyTable({ points }: { points: LatencyPoint[] }) {
  const measured = points.filter(({ checks }) => checks > 0).reverse();
  return (
    // Scrolls by itself, so it has to be reachable by keyboard.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region needs the focus to be scrolled by keys.
    <section className={classes.scroll} tabIndex={0} aria-label="Response times as a table">
      <Table stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>From</Table.Th>
            <Table.Th ta="right">Median</Table.Th>
            <Table.Th ta="right">p95</Table.Th>
            <Table.Th ta="right">Checks</Table.Th>
            <Table.Th ta="right">Failed</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody className="num">
          {measured.map(({ at, p50_ms, p95_ms, checks, failures }) => (
            <Table.Tr key={at}>
              <Table.Td>
                <time dateTime={at}>{formatDayAndClock(at)}</time>
              </Table.Td>
              <Table.Td ta="right">{formatDuration(p50_ms)}</Table.Td>
              <Table.Td ta="right">{formatDuration(p95_ms)}</Table.Td>
              <Table.Td ta="right">{formatCount(checks)}</Table.Td>
              <Table.Td ta="right">{formatCount(failures)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}
