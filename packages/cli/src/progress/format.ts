/** `9s`, `4:05`, `1:02:03`, `3d 04:05`; `?` when it is not known. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '?';
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days}d ${two(hours)}:${two(minutes)}`;
  if (hours > 0) return `${hours}:${two(minutes)}:${two(seconds % 60)}`;
  return minutes > 0 ? `${minutes}:${two(seconds % 60)}` : `${seconds}s`;
}

/**
 * Three significant digits, never longer than seven characters: `0.0812`, `12.3`, `1.2e+9`, `NaN`.
 */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e5 || size < 1e-4)) return value.toExponential(1);
  if (size >= 100) return value.toFixed(0);
  return value.toPrecision(3).slice(0, 7);
}

/** `3.0e-4`; `0` is plain. */
export const rate = (value: number) => (value === 0 ? '0' : value.toExponential(1));

/** `gap 1`, `gap 1-8`. */
export const gapRange = (min: number, max: number) => (min === max ? `gap ${min}` : `gap ${min}-${max}`);

/** A bar of `width` characters, `[####----]`, filled to a fraction of 0..1. */
export function bar(fraction: number, width: number): string {
  const cells = Math.max(0, width - 2);
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * cells);
  return `[${'#'.repeat(filled)}${'-'.repeat(cells - filled)}]`;
}

/** Joins as many fields as fit, most important first, and cuts the last resort off. */
export function fit(fields: readonly string[], width: number): string {
  let line = '';
  for (const field of fields.filter(text => text !== '')) {
    const longer = line === '' ? field : `${line}  ${field}`;
    if (longer.length > width && line !== '') break;
    line = longer;
  }
  return line.slice(0, Math.max(0, width));
}
