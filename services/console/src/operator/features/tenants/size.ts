/** Bytes as people read them. */

const STEPS = [
  [1024 ** 3, 'GiB'],
  [1024 ** 2, 'MiB'],
  [1024, 'KiB'],
] as const;

/** `1.4 GiB`, `312 KiB`; a dash where nobody has measured. */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes == null) return '–';
  for (const [size, unit] of STEPS) {
    if (bytes < size) continue;
    const value = bytes / size;
    return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
  }
  return `${bytes} B`;
}
