import {
  inspectGraph,
  inspectTaps,
  type GraphReport,
  type TapsReport,
  type UserConfig,
} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {NETWORKS} from '@rife-train/model';
import {loadConfig} from '../config/loadConfig.js';
import {EXIT} from '../exitCodes.js';
import type {CommandIo} from '../io.js';
import {shortPath} from '../train/summary.js';
import type {PluginsFlags} from './flags.js';
import {reportLines} from './report.js';

const DEFAULT_STEPS = 20;

/** Results of the command. */
export interface PluginsReport {
  /** Path of the configuration. */
  config: string;
  taps: TapsReport;
  /** Absent with `--no-graph`, and without plugins. */
  graph?: GraphReport;
}

/** The configuration with what the flags override. */
function withFlags(
  config: UserConfig,
  {crop, batch, execution, precision, device}: PluginsFlags,
): UserConfig {
  const given = <T extends object>(options: T) =>
    Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return {
    ...config,
    ...given({execution, precision, device}),
    data: {...config.data, ...given({crop, batch})},
  };
}

async function graphOf(config: UserConfig, {measure = 0}: PluginsFlags): Promise<GraphReport> {
  const {execution, precision, device} = config;
  const engine = await createEngine({execution, precision, device});
  return inspectGraph({engine, networks: NETWORKS}, config, {
    measure: measure === true ? DEFAULT_STEPS : measure,
  });
}

/**
 * `rife-train plugins`. Returns the exit code; throws coded errors. Nothing is written, and no clip
 * is read.
 */
export async function runPlugins(flags: PluginsFlags, io: CommandIo): Promise<number> {
  const loaded = await loadConfig(io.cwd, flags.config);
  const config = withFlags(loaded.config, flags);
  const taps = inspectTaps(config);
  const graph = flags.graph && taps.plugins.length > 0 ? await graphOf(config, flags) : undefined;
  const report: PluginsReport = {config: loaded.path, taps, ...(graph && {graph})};
  const text = flags.json
    ? JSON.stringify(report, null, 2)
    : reportLines({...report, config: shortPath(loaded.path, io.cwd)}).join('\n');
  io.stdout.write(`${text}\n`);
  return EXIT.ok;
}
