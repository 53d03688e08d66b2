/**
 * `run.jsonl` in the folder of a run: configuration, versions and machine of each start, so that
 * the run can be repeated, and how it ended.
 */
import {readFileSync} from 'node:fs';
import {appendText} from '@rife-train/files';
import {availableParallelism, cpus, hostname, totalmem} from 'node:os';
import {join} from 'node:path';
import type {RunSummary, Trainer} from '@rife-train/core';
import {isRifeError, messageOf} from '@rife-train/errors';
import {version} from '../version.js';

/** Facts about a start that the trainer does not know. */
export interface StartFacts {
  /** The command that means the same. */
  command: string;
  cwd: string;
  /** Path of the configuration. */
  source: string;
}

/** Variables that change what is computed, or where. */
const VARIABLES = /^(TF_|CUDA_|NVIDIA_|OMP_|KMP_|DNNL_|ONEDNN_|RIFE_)/;

/** Functions in options, as a schedule of a weight, are kept as their source. */
export const jsonValue = (_key: string, value: unknown) =>
  typeof value === 'function' || typeof value === 'bigint'
    ? String(value)
    : typeof value === 'number' && !Number.isFinite(value)
      ? String(value)
      : value;

const sourceText = (path: string) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

function startOf({config, clips, engineDescription}: RunTrainer, {command, cwd, source}: StartFacts) {
  const {plugins, ...options} = config;
  const processors = cpus();
  return {
    event: 'start',
    date: new Date().toISOString(),
    command,
    cwd,
    versions: {'rife-train': version(), node: process.version, engine: engineDescription},
    machine: {
      host: hostname(),
      platform: `${process.platform} ${process.arch}`,
      processor: processors[0]?.model.trim(),
      cores: availableParallelism(),
      memory: totalmem(),
      variables: Object.fromEntries(Object.entries(process.env).filter(([name]) => VARIABLES.test(name))),
    },
    config: options,
    plugins: plugins.map(({name, options: own}) => ({name, ...(own !== undefined && {options: own})})),
    clips,
    configuration: {path: source, text: sourceText(source)},
  };
}

/** The parts of a trainer that a record describes. */
type RunTrainer = Pick<Trainer, 'config' | 'clips' | 'engineDescription'>;

/** Appends lines; a full disk is no reason to stop a run. */
export class RunRecord {
  private begun = false;

  constructor(private readonly out: string) {}

  /** At the first step: from there on there is a run. */
  start(trainer: RunTrainer, facts: StartFacts): void {
    if (this.begun) return;
    this.begun = true;
    this.append(startOf(trainer, facts));
  }

  end(summary: RunSummary): void {
    const {step, reason, checkpoint} = summary;
    this.append({event: 'end', date: new Date().toISOString(), step, reason, checkpoint});
  }

  failed(error: unknown): void {
    const code = isRifeError(error) ? error.code : undefined;
    this.append({
      event: 'end',
      date: new Date().toISOString(),
      reason: 'failed',
      code,
      message: messageOf(error),
    });
  }

  private append(line: object): void {
    if (!this.begun) return;
    try {
      appendText(join(this.out, 'run.jsonl'), `${JSON.stringify(line, jsonValue)}\n`);
    } catch {
      // See above.
    }
  }
}
