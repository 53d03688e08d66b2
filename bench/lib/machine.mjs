/**
 * The machine on which a result was measured. It includes the commit, so nothing may run that was
 * built from older sources.
 */
import '../../scripts/freshDist.mjs';
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {availableParallelism, cpus, loadavg, platform, release, totalmem} from 'node:os';

/** Commit of the working tree, with `+` when it has changes; undefined outside git. */
function commit() {
  try {
    const git = (...args) =>
      execFileSync('git', args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']}).trim();
    return (
      git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') ? '+' : '')
    );
  } catch {
    return undefined;
  }
}

/** What decides how fast convolutions are: the widest that this processor has, by name. */
function instructions() {
  try {
    const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1].split(' ') ?? [];
    const known = ['amx_bf16', 'avx512_bf16', 'avx512f', 'avx2'];
    return known.filter(flag => flags.includes(flag)).slice(0, 2);
  } catch {
    return [];
  }
}

/**
 * Facts for the head of a results file. `load1` shows whether the machine was quiet at the start.
 */
export function machineFacts(argv = process.argv.slice(1)) {
  return {
    date: new Date().toISOString(),
    command: `node ${argv.map(arg => arg.replace(`${process.cwd()}/`, '')).join(' ')}`,
    commit: commit(),
    cpu: cpus()[0]?.model.trim(),
    instructions: instructions(),
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    system: `${platform()} ${release()}`,
    node: process.version,
    load1: loadavg()[0],
  };
}
