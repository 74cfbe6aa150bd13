/** What the people who run this house have to say, until it is put away. A new text comes back. */
import { CloseButton } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { $api } from '~/api/client';
import classes from './BannerStrip.module.css';

const ASKED_EVERY_MS = 5 * 60_000;

export function BannerStrip() {
  const notice = $api.useQuery('get', '/api/v1/notice', {}, { refetchInterval: ASKED_EVERY_MS });
  const [dismissed, dismiss] = useLocalStorage({
    key: 'signalbox-banner-dismissed',
    defaultValue: '',
    // The first paint knows already: a banner that was put away does not flash.
    getInitialValueInEffect: false,
  });
  const text = notice.data?.banner;
  if (!text || text === dismissed) return null;
  return (
    <div className={classes.strip} role="status">
      <span className="wrap">{text}</span>
      <CloseButton aria-label="Dismiss this announcement" onClick={() => dismiss(text)} />
    </div>
  );
}
