/** How far a download is, in words: size, rate and time left. */

/** The rate is that of the last seconds: a mean since the beginning would hide that the network has become slow. */
const WINDOW_MS = 10_000;
const UNITS: Record<string, number> = {kB: 1e3, MB: 1e6, GB: 1e9};

/** Elapsed or remaining time, roughly. */
const time = (ms: number) => (ms < 120_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`);
/** Bytes a millisecond are kilobytes a second. */
const speed = (rate: number) => `${(rate / 1000).toFixed(1)} MB/s`;

/** A file that is being fetched. */
export class Download {
  private readonly started: number;
  private readonly seen: {ms: number; bytes: number}[];

  /** @param size as pip writes it, `273.8 MB` */
  constructor(
    private readonly name: string,
    private readonly size: string,
    private readonly now = () => performance.now(),
  ) {
    this.started = now();
    this.seen = [{ms: this.started, bytes: 0}];
  }

  private get total(): number {
    const [number = '', unit = ''] = this.size.split(' ');
    return Number(number) * (UNITS[unit] ?? NaN);
  }

  /** Takes in how much has arrived. */
  progress(bytes: number): string {
    const ms = this.now();
    this.seen.push({ms, bytes});
    while (ms - this.seen[1]!.ms >= WINDOW_MS) this.seen.shift();
    const first = this.seen[0]!;
    const rate = (bytes - first.bytes) / (ms - first.ms);
    return `fetching ${this.name}: ${(bytes / 1e6).toFixed(0)} of ${this.size}, ${this.pace(bytes, rate)}`;
  }

  private pace(bytes: number, rate: number): string {
    const left = Math.max(0, this.total - bytes) / rate;
    if (rate > 0) return `${speed(rate)}, ${time(left)} left`;
    return `nothing has come for ${time(this.now() - this.seen[0]!.ms)}`;
  }

  /** To be said when all of it is there. */
  summary(): string {
    const ms = this.now() - this.started;
    return `fetched ${this.name}: ${this.size} in ${time(ms)} (${speed(this.total / ms)})`;
  }
}
