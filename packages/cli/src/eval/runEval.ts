import {
  checkTimes,
  openRows,
  protocolFacts,
  reportText,
  summarize,
  writeReport,
  type EvalResult,
  type Identity,
  type Rows,
} from '@rife-train/evaluate';
import {EXIT, SIGNAL_EXIT} from '../exitCodes.js';
import type {CommandIo} from '../io.js';
import {FrameProgress} from '../progress/frameProgress.js';
import {watchFrames, type StopSignal} from '../train/signals.js';
import {shortPath} from '../train/summary.js';
import {version} from '../version.js';
import type {EvalFlags} from './flags.js';
import {closeNetworks, openNetworks, type OpenedNetworks} from './networks.js';
import {picturesOf} from './pictures.js';
import {filesHash, machineFacts, outOf, planOf, type Plan} from './plan.js';
import {scoreOnDevices, scoreShare, type Watching} from './scorePairs.js';

/** Everything that a command works with. */
interface Job {
  plan: Plan;
  flags: EvalFlags;
  networks: OpenedNetworks;
  identity: Identity;
  out: string;
  io: CommandIo;
  engine: EngineLines;
}

/** What engines say about themselves; those of several devices say mostly the same. */
class EngineLines {
  private readonly lines = new Set<string>();

  constructor(private readonly print: (line: string) => void) {}

  /** Prints a line that is new. */
  readonly hear = (line: string): void => {
    if (this.lines.has(line)) return;
    this.lines.add(line);
    this.print(line);
  };

  /** The first line; notes are after it. Empty before there is an engine. */
  get description(): string {
    return [...this.lines][0] ?? '';
  }
}

/** Flags that change no number, or whose meaning is elsewhere in the identity. */
const NOT_OPTIONS = new Set(
  'out yes workers devices debug root weights against lpips protocol metrics scale uhd'.split(' '),
);

async function identityOf(plan: Plan, flags: EvalFlags, networks: OpenedNetworks): Promise<Identity> {
  const {set, protocol, metrics} = plan;
  const {network, against, lpips} = networks;
  return {
    command: `rife-train ${process.argv.slice(2).join(' ')}`,
    version: version(),
    set: set.name,
    root: set.root,
    files: filesHash(set),
    protocol: protocol.name,
    metrics,
    network: network.facts,
    ...(against && {against: against.facts}),
    options: {
      ...Object.fromEntries(Object.entries(flags).filter(([name]) => !NOT_OPTIONS.has(name))),
      scale: network.options.scale,
      ...(lpips && {lpips: lpips.sha256}),
    },
    machine: machineFacts(),
  };
}

function resultOf({plan, networks, identity, flags, engine}: Job, {frames, cost}: Rows): EvalResult {
  const {set, protocol} = plan;
  const {title, layout, missing, extra, wholeTargets, pairs} = set;
  const order = new Map(pairs.flatMap(({targets}) => targets).map(({id}, i) => [id, i]));
  const {network} = networks;
  const times = network.maker.anyTimestep ? (protocol.times ?? 'direct') : 'midpoints';
  const {scale = 1} = network.options;
  const {tta = false, ensemble = false} = flags;
  return {
    ...{title, layout, missing, extra, wholeTargets},
    identity: {...identity, machine: {...identity.machine, engine: engine.description}},
    protocol: protocolFacts(protocol, {scale, times, tta, ensemble}),
    frames: [...frames].sort((a, b) => order.get(a.target)! - order.get(b.target)!),
    cost: {...cost, peakBytes: process.resourceUsage().maxRSS * 1024},
  };
}

/** Scores what is not scored yet. Returns the signal that stopped it. */
async function score(job: Job, rows: Rows): Promise<StopSignal | undefined> {
  const {plan, flags, networks, engine, io} = job;
  const total = plan.set.pairs.reduce((sum, {targets}) => sum + targets.length, 0);
  const progress = new FrameProgress(io.stdout, total, rows.frames.length);
  const controller = new AbortController();
  const watch = watchFrames('this frame', text => {
    controller.abort();
    progress.message(text);
  });
  const watching: Watching = {
    onPair: (frames, cost) => rows.add({frames, cost}),
    onFrame: () => progress.add(),
    waitFor: (what, work) => progress.waitFor(what, work),
    onEngine: engine.hear,
    signal: controller.signal,
  };
  const {devices = 1} = flags;
  try {
    if (devices > 1)
      await scoreOnDevices({set: plan.set.name, flags, cwd: io.cwd, done: [...rows.done]}, devices, watching);
    else await scoreShare(plan, flags, networks, rows.done, {rank: 0, count: 1}, watching);
    const {input, output} = progress.waited;
    const share = (part: number) => `${Math.round(100 * part)} %`;
    progress.message(
      `the network waited ${share(input)} of the time for frames, ${share(output)} for metrics`,
    );
  } finally {
    watch.close();
  }
  return watch.received;
}

/** Scores, and writes the report. Returns the exit code. */
async function runJob(job: Job): Promise<number> {
  const {plan, flags, networks, out, io, identity} = job;
  const print = (text: string) => io.stdout.write(`${text}\n`);
  const rows = await openRows(out, identity, flags.yes ?? false);
  try {
    const left = plan.set.pairs.filter(({id}) => !rows.done.has(id)).length;
    if (rows.done.size > 0) print(`${rows.done.size} pairs are scored already, ${left} are left`);
    const stopped = left > 0 ? await score(job, rows) : undefined;
    if (stopped) {
      print('stopped early: the same command goes on');
      return SIGNAL_EXIT[stopped];
    }
    const result = resultOf(job, rows);
    const pictures = await picturesOf(plan, result, networks, flags.tile !== undefined);
    const summary = summarize(result);
    await writeReport(result, pictures, out, summary);
    print(reportText(result, summary));
    print(`report: ${shortPath(out, io.cwd)}/index.html, frames.csv, result.json`);
    return EXIT.ok;
  } finally {
    rows.close();
  }
}

/**
 * `rife-train eval`. Returns the exit code; throws coded errors, those of flags, files and weights
 * before the engine is loaded.
 */
export async function runEval(name: string, flags: EvalFlags, io: CommandIo): Promise<number> {
  const print = (text: string) => io.stdout.write(`${text}\n`);
  const plan = await planOf(name, flags, io.cwd);
  const {set, protocol} = plan;
  print(`${set.title}: ${set.layout}`);
  const engine = new EngineLines(print);
  const networks = await openNetworks(flags, protocol, io.cwd, engine.hear, print);
  try {
    const {network, against} = networks;
    checkTimes(set, network.facts.name, network.maker, protocol);
    if (against) checkTimes(set, against.facts.name, against.maker, protocol);
    const identity = await identityOf(plan, flags, networks);
    const out = outOf(plan, flags, io.cwd);
    return await runJob({plan, flags, networks, identity, out, io, engine});
  } finally {
    await closeNetworks(networks);
  }
}
