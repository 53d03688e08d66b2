/** Progress of a download in words: size, rate and time left. */

/**
 * The rate is that of the last seconds: a mean since the beginning would hide that the network has
 * become slow.
 */
const WINDOW_MS = 10_000;
const UNITS: Record<string, number> = {kB: 1e3, MB: 1e6, GB: 1e9};

/** Elapsed or remaining time, roughly. */
const time = (ms: number) => (ms < 120_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`);
/** Bytes a millisecond are kilobytes a second. */
const speed = (rate: number) => `${(rate / 1000).toFixed(1)} MB/s`;

/** The largest rounding error of pip's sizes. */
const ROUNDED = 1e5;

/** A file that is being downloaded. */
export class Download {
  private readonly started: number;
  private readonly seen: {ms: number; bytes: number}[];
  private readonly name: string;
  /** When all of it had arrived; pip needs some seconds more to check and copy it. */
  private arrived: number | undefined;

  /**
   * @param file name of the wheel; the part after its version is long and means nothing to a reader
   * @param size as pip writes it, `273.8 MB`
   */
  constructor(
    file: string,
    private readonly size: string,
    private readonly now = () => performance.now(),
  ) {
    this.name = file.split('-').slice(0, 2).join(' ');
    this.started = now();
    this.seen = [{ms: this.started, bytes: 0}];
  }

  private get total(): number {
    const [number = '', unit = ''] = this.size.split(' ');
    return Number(number) * (UNITS[unit] ?? NaN);
  }

  /** Records how many bytes have arrived. */
  progress(bytes: number): string {
    const ms = this.now();
    if (bytes >= this.total - ROUNDED) this.arrived ??= ms;
    if (this.arrived !== undefined) return `fetching ${this.name}: all of ${this.size}, pip checks it`;
    this.seen.push({ms, bytes});
    while (ms - this.seen[1]!.ms >= WINDOW_MS) this.seen.shift();
    return `fetching ${this.name}: ${(bytes / 1e6).toFixed(0)} of ${this.size}, ${this.pace(ms, bytes)}`;
  }

  private pace(ms: number, bytes: number): string {
    const first = this.seen[0]!;
    const rate = (bytes - first.bytes) / (ms - first.ms);
    if (rate > 0) return `${speed(rate)}, ${time((this.total - bytes) / rate)} left`;
    return `nothing received for ${time(ms - first.ms)}`;
  }

  /** The text for a finished download. */
  summary(): string {
    const ms = (this.arrived ?? this.now()) - this.started;
    return `fetched ${this.name}: ${this.size} in ${time(ms)} (${speed(this.total / ms)})`;
  }
}
