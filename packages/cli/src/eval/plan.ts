/** What flags ask for: a set, a protocol, metrics; and what makes the numbers reproducible. */
import {createHash} from 'node:crypto';
import {readFileSync, statSync} from 'node:fs';
import {cpus} from 'node:os';
import {basename, join, relative, resolve} from 'node:path';
import {evalLpips, usageError} from '@rife-train/errors';
import {
  METRIC_NAMES,
  protocolFor,
  setNamed,
  type EvalSet,
  type FrameSource,
  type MetricName,
  type Pair,
  type Protocol,
  type SetOptions,
} from '@rife-train/evaluate';
import type {EvalFlags} from './flags.js';

/** Flags about the set and how it is measured. */
export type SetFlags = SetOptions & Pick<EvalFlags, 'root' | 'protocol' | 'metrics' | 'lpips' | 'limit'>;

/** What is evaluated, before any network is opened. */
export interface Plan {
  set: EvalSet;
  protocol: Protocol;
  metrics: MetricName[];
}

/** Of every protocol, so that results can be laid side by side. */
const ALWAYS: readonly MetricName[] = ['psnr', 'psnr-rounded'];

/** @throws RIFE_ERR_CLI_USAGE */
function named(names: readonly string[] = []): MetricName[] {
  const wrong = names.find(name => !METRIC_NAMES.includes(name as MetricName));
  if (wrong !== undefined)
    throw usageError(`There is no metric "${wrong}": --metrics takes ${METRIC_NAMES.join(', ')}, or all`);
  return names as MetricName[];
}

/** The protocol's, and what the flag adds; LPIPS only with its weights. */
function metricsOf(protocol: Protocol, {metrics, lpips}: SetFlags): MetricName[] {
  const added = metrics === 'all' ? METRIC_NAMES.filter(name => name !== 'lpips') : named(metrics);
  const wanted = [
    ...protocol.metrics,
    ...ALWAYS,
    ...added,
    ...(lpips === undefined ? [] : ['lpips' as const]),
  ];
  if (wanted.includes('lpips') && lpips === undefined) throw evalLpips(protocol.name);
  return [...new Set(wanted)];
}

/** So many pairs, spread evenly. */
function limited(pairs: readonly Pair[], limit = Infinity): readonly Pair[] {
  if (limit >= pairs.length) return pairs;
  return Array.from({length: limit}, (_, i) => pairs[Math.floor((i * pairs.length) / limit)]!);
}

/**
 * Reads the set; everything about files and names is checked here.
 * @throws RIFE_ERR_EVAL_*
 */
export async function planOf(name: string, flags: SetFlags, cwd: string): Promise<Plan> {
  const kind = setNamed(name);
  const protocol = protocolFor(name, flags.protocol);
  const metrics = metricsOf(protocol, flags);
  const set = await kind.read(resolve(cwd, flags.root), flags);
  return {set: {...set, pairs: limited(set.pairs, flags.limit)}, protocol, metrics};
}

const pathOf = (source: FrameSource) => (source.kind === 'clip' ? source.clip.path : source.path);

/** SHA-256 of the lists, and of names, places and sizes of all frames that are used. */
export function filesHash({root, pairs, lists, view}: EvalSet): string {
  const hash = createHash('sha256').update(JSON.stringify(view));
  const bytes = new Map<string, number>();
  const look = (source: FrameSource) => {
    const path = pathOf(source);
    if (!bytes.has(path)) {
      const stat = statSync(path);
      bytes.set(path, stat.isFile() ? stat.size : 0);
    }
    return [relative(root, path), bytes.get(path), source.kind === 'picture' ? 0 : source.index];
  };
  for (const list of lists) hash.update(readFileSync(list));
  for (const {id, img0, img1, targets} of pairs)
    hash.update(
      JSON.stringify([id, look(img0), look(img1), targets.map(({source, t}) => [look(source), t])]),
    );
  return hash.digest('hex');
}

/** `run-0001` of runs/run-0001, `flownet` of flownet.pkl. */
const labelOf = (weights: string) => basename(weights).replace(/\.(pkl|pth|safetensors)$/, '');

/** Where the result goes. */
export const outOf = ({set, protocol}: Plan, {out, weights}: EvalFlags, cwd: string): string =>
  resolve(cwd, out ?? join('evals', `${set.name}-${labelOf(weights)}-${protocol.name}`));

export const machineFacts = (): Record<string, string> => ({
  node: process.version,
  processor: cpus()[0]?.model ?? 'unknown',
});
