/**
 * Connects the replicas: collects what each sends, sends it to all, and informs all when one fails.
 */
import {
  replicaDied,
  replicaError,
  replicaFailure,
  replicasMismatch,
  replicasStuck,
  type ReplicaFailure,
} from '@rife-train/errors';
import {END, type Down, type Up} from './messages.js';

/**
 * Number of checks without a change after which a replica is stuck. Checks are counted, not time: a
 * machine that slept did nothing in the meantime.
 */
const LOOKS = 20;

/** Connection to one replica. */
export interface Line {
  send(message: Down): void;
  /** Ends it immediately, whatever it is doing. */
  kill(): void;
}

export interface CoordinatorOptions {
  count: number;
  /** How long replicas wait for one of them; 0: forever. */
  timeoutMs: number;
  /**
   * How long a replica may take to end by itself before it is killed, and after that before it is
   * abandoned.
   */
  graceMs: number;
  onMessage?: ((rank: number, message: unknown) => void) | undefined;
}

interface Replica {
  line?: Line;
  outcome?: {value: unknown} | {failure: ReplicaFailure};
  gone: boolean;
}

/** Call number `seq` of all replicas. */
interface Round {
  calls: (string | undefined)[];
  values: unknown[];
  arrived: number;
  looks: number;
}

export class Coordinator {
  /**
   * What the replicas returned, by rank, or the first failure; settles when all of them have ended.
   */
  readonly settled: Promise<unknown[]>;
  private readonly replicas: Replica[];
  private readonly rounds = new Map<number, Round>();
  private failure: Error | undefined;
  private settle!: () => void;
  private watch: NodeJS.Timeout | undefined;
  private grace: NodeJS.Timeout | undefined;

  constructor(private readonly options: CoordinatorOptions) {
    this.replicas = Array.from({length: options.count}, () => ({gone: false}));
    this.settled = new Promise<void>(resolve => (this.settle = resolve)).then(() => this.result());
    // Requested by whoever launched; groups alone do not need it.
    this.settled.catch(() => {});
  }

  attach(rank: number, line: Line): void {
    this.replicas[rank]!.line = line;
  }

  receive(rank: number, message: Up): void {
    const replica = this.replicas[rank]!;
    if (message.type === 'post') this.options.onMessage?.(rank, message.message);
    else if (message.type === 'call') this.arrive(rank, message.seq, message.kind, message.value);
    else if (message.type === 'returned') {
      replica.outcome ??= {value: message.value};
      this.arrive(rank, message.seq, END, undefined);
    } else {
      replica.outcome ??= {failure: message.failure};
      this.fail(replicaError(message.failure, rank, this.options.count));
    }
  }

  /**
   * The replica's thread or process has ended. @param how why, if it has not reported a reason
   * itself
   */
  gone(rank: number, how: string | Error): void {
    const replica = this.replicas[rank]!;
    replica.gone = true;
    if (!replica.outcome)
      this.fail(
        typeof how === 'string'
          ? replicaDied(rank, this.options.count, how)
          : replicaError(replicaFailure(how), rank, this.options.count),
      );
    if (this.replicas.every(other => other.gone)) this.finish();
  }

  abort(reason: string): void {
    this.send({type: 'abort', reason});
  }

  /** The first failure counts; the others are consequences of it. */
  fail(error: Error): void {
    if (this.failure) return;
    this.failure = error;
    this.rounds.clear();
    this.send({type: 'lost', failure: replicaFailure(error)});
    this.startGrace();
  }

  private arrive(rank: number, seq: number, call: string, value: unknown): void {
    if (this.failure) return;
    const {count} = this.options;
    const round = this.rounds.get(seq) ?? {calls: Array(count), values: Array(count), arrived: 0, looks: 0};
    this.rounds.set(seq, round);
    round.calls[rank] = call;
    round.values[rank] = value;
    round.arrived++;
    if (round.calls.some(other => other !== undefined && other !== call))
      return this.fail(replicasMismatch([...round.calls], seq));
    if (round.arrived < count) return this.look();
    this.rounds.delete(seq);
    if (call === END) this.startGrace();
    else this.send({type: 'values', seq, values: round.values});
  }

  /** Starts to check for replicas that do not arrive. */
  private look(): void {
    const {timeoutMs} = this.options;
    if (timeoutMs === 0 || this.watch) return;
    this.watch = setInterval(() => {
      for (const round of this.rounds.values()) if (++round.looks >= LOOKS) return this.stuck(round);
      if (this.rounds.size > 0) return;
      clearInterval(this.watch);
      this.watch = undefined;
    }, timeoutMs / LOOKS);
  }

  private stuck(round: Round): void {
    const ranks = this.replicas.flatMap((_, rank) => (round.calls[rank] === undefined ? [rank] : []));
    const call = round.calls.find(name => name !== undefined)!;
    this.fail(replicasStuck(ranks, this.options.timeoutMs / 1000, call));
    for (const rank of ranks) this.replicas[rank]!.line?.kill();
  }

  private send(message: Down): void {
    for (const {line, outcome, gone} of this.replicas) if (!outcome && !gone) line?.send(message);
  }

  private startGrace(): void {
    clearInterval(this.watch);
    const {graceMs} = this.options;
    if (this.replicas.every(({line, gone}) => gone || !line)) return;
    this.grace ??= setTimeout(() => {
      for (const {line, gone} of this.replicas) if (!gone) line?.kill();
      // A thread can't be ended while it is in a native call.
      this.grace = setTimeout(() => this.finish(), graceMs);
    }, graceMs);
  }

  private finish(): void {
    clearInterval(this.watch);
    clearTimeout(this.grace);
    this.settle();
  }

  private result(): unknown[] {
    const outcomes = this.replicas.map(({outcome}) => outcome);
    if (!this.failure)
      return outcomes.map(outcome => (outcome && 'value' in outcome ? outcome.value : undefined));
    const failures = outcomes.flatMap(outcome => (outcome && 'failure' in outcome ? [outcome.failure] : []));
    const [first] = failures;
    const alike = failures.every(({code, message}) => code === first!.code && message === first!.message);
    throw first && alike && failures.length === this.options.count ? replicaError(first) : this.failure;
  }
}
