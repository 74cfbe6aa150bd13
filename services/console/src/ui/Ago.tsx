/** An instant as people say it; the exact one, here and in UTC, on hover and focus. */
import { Tooltip } from '@mantine/core';
import { formatAgo, formatInstant, formatUtc, timeZone } from '~/format/time';
import { useNow } from './useNow';

export function Ago({ at }: { at: string }) {
  const now = useNow();
  return (
    <Tooltip
      multiline
      label={
        <>
          {formatInstant(at)} {timeZone()}
          <br />
          {formatUtc(at)}
        </>
      }
    >
      <time dateTime={at} className="num">
        {formatAgo(at, now)}
      </time>
    </Tooltip>
  );
}
