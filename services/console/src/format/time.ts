/** Instants in the viewer's zone. The server speaks UTC only. */

export const timeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

const style = (options: Intl.DateTimeFormatOptions) => {
  const formatter = new Intl.DateTimeFormat('en-GB', options);
  return (at: string | number | Date): string => formatter.format(new Date(at));
};

export const formatClock = style({ hour: '2-digit', minute: '2-digit' });
export const formatDay = style({ day: 'numeric', month: 'short' });
export const formatDayAndClock = style({
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
export const formatInstant = style({
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** `2026-11-20 14:02:31 UTC`: what a log line on a server shows. */
export const formatUtc = (at: string): string =>
  `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

const STEPS = [
  [60, 1, 's'],
  [3_600, 60, 'min'],
  [86_400, 3_600, 'h'],
  [Number.POSITIVE_INFINITY, 86_400, 'd'],
] as const;

/** `just now`, `12 s ago`, `3 min ago`; clocks that differ a little never give "in 2 s". */
export function formatAgo(at: string, now: number): string {
  const seconds = Math.floor((now - Date.parse(at)) / 1_000);
  if (seconds < 5) return 'just now';
  const [, size, unit] = STEPS.find(([limit]) => seconds < limit) ?? STEPS[3];
  return `${Math.floor(seconds / size)} ${unit} ago`;
}

/** `4 min`, `2 h 10 min`: how long a state has lasted. */
export function formatSpan(from: string, now: number): string {
  const minutes = Math.max(0, Math.floor((now - Date.parse(from)) / 60_000));
  if (minutes < 1) return 'under a minute';
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `42 s`, `4 min`: a wait, counted in what a person would count it in. */
export const formatWait = (seconds: number): string =>
  seconds < 100 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
