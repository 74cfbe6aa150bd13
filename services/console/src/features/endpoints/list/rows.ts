/** Moving through the rows by key: the focus goes from name to name, so Enter is the browser's own. */
import type { Endpoint, SummaryItem } from '~/api/model';

export interface EndpointRow {
  endpoint: Endpoint;
  summary: SummaryItem | undefined;
  stepSeconds: number;
}

/** Marks a row's main link. */
export const rowLink = { 'data-row-link': '' };

export function moveInRows(step: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>('[data-row-link]')];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const to = at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step;
  links[Math.max(0, Math.min(links.length - 1, to))]?.focus();
}
