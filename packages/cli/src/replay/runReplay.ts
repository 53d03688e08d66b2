import {resolve} from 'node:path';
import {Logger, readRecord, replay, type FlightRecord, type UserConfig} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import {pluginNotThere} from '@rife-train/errors';
import {NETWORKS} from '@rife-train/model';
import {loadConfig} from '../config/loadConfig.js';
import {EXIT} from '../exitCodes.js';
import type {CommandIo} from '../io.js';
import type {ReplayFlags} from './flags.js';
import {replayLines} from './report.js';

/** The configuration whose plugins are used, less those that are left out. */
async function configFor(
  {config, plugins, without}: ReplayFlags,
  {model, config: before, steps, rng}: FlightRecord,
  io: CommandIo,
): Promise<UserConfig> {
  // Records of older releases know the network alone as the plugins left it.
  if (!plugins)
    return {
      ...{data: {...before.data, root: '.'}, optim: before.optim, steps, seed: rng.seed},
      model: model.configured ?? model.options,
    };
  const loaded = (await loadConfig(io.cwd, config)).config;
  const names = (loaded.plugins ?? []).map(({name}) => name);
  const unknown = without.find(name => !names.includes(name));
  if (unknown !== undefined) throw pluginNotThere(unknown, names);
  return {...loaded, plugins: (loaded.plugins ?? []).filter(({name}) => !without.includes(name))};
}

/**
 * `rife-train replay`. Returns the exit code; throws coded errors, those of the record before the
 * engine is loaded.
 */
export async function runReplay(record: string, flags: ReplayFlags, io: CommandIo): Promise<number> {
  const loaded = await readRecord(resolve(io.cwd, record));
  const config = await configFor(flags, loaded.record, io);
  const {
    execution = config.execution,
    precision = loaded.record.config.precision ?? config.precision,
    device = config.device,
  } = flags;
  const engine = await createEngine({execution, precision, device});
  const print = (text: string) => io.stdout.write(`${text}\n`);
  for (const line of [engine.description, ...(engine.notes ?? [])]) print(line);
  const logger = new Logger({line: text => print(text)});
  const replayed = await replay({
    loaded,
    config: {...config, ...(precision && {precision})},
    engine,
    networks: NETWORKS,
    logger,
  });
  // With plugins left out on purpose, their absence is no news.
  const asked = !flags.plugins || flags.without.length > 0;
  const changes = replayed.changes.filter(change => !(asked && change.startsWith('plugins: ')));
  print(replayLines({...replayed, changes}).join('\n'));
  return EXIT.ok;
}
