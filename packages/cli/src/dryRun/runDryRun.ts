import {applyPlugins, inspectRun, microStepsFor, type TrainConfig} from '@rife-train/core';
import {hasSplit, surveyClips, type DataSurvey} from '@rife-train/data';
import {createEngine, deviceName} from '@rife-train/engine';
import {NETWORKS} from '@rife-train/model';
import {loadConfig, type LocatedConfig} from '../config/loadConfig.js';
import {EXIT} from '../exitCodes.js';
import type {CommandIo} from '../io.js';
import {withFlags} from '../train/flags.js';
import {holdsRun} from '../train/outFolder.js';
import {shortPath} from '../train/summary.js';
import {readInitial} from '../weights/initial.js';
import type {DryRunFlags} from './flags.js';
import {planOf, type RunPlan} from './plan.js';
import {planLines} from './text.js';

/** After two that warm up. */
const MEASURED_STEPS = 2;

/** The configuration with what all flags override. */
function configOf(loaded: LocatedConfig, flags: DryRunFlags, cwd: string): LocatedConfig {
  const config = withFlags(loaded, flags, cwd);
  const {crop, batch} = flags;
  const given = Object.entries({crop, batch}).filter(([, value]) => value !== undefined);
  return {
    ...config,
    data: {...config.data, ...Object.fromEntries(given)},
  };
}

/** Before TensorFlow is loaded, as in a run. */
async function surveyData({data, seed}: TrainConfig, notes: string[]): Promise<DataSurvey> {
  return surveyClips({...data, seed, warn: text => notes.push(text)});
}

/** A run would notice this only at its first validation. */
async function validationNote({data, validateEvery}: TrainConfig, {found}: DataSurvey): Promise<string[]> {
  if (validateEvery === 0 || !found || (await hasSplit(data.root, 'val', data.layout))) return [];
  return [`validateEvery is ${validateEvery}, but ${data.root} has no clips to validate on`];
}

/** Reads the public sets that a run would read before its first step. @throws RIFE_ERR_EVAL_* */
async function checkSets(config: TrainConfig, cwd: string): Promise<void> {
  if (config.validateEvery === 0 || config.validate.sets.length === 0) return;
  const {readSets} = await import('../validate/sets.js');
  await readSets(config, cwd);
}

/**
 * The engine of the run, and one that captures as for a GPU. Nodes get no device: the one of the
 * run need not be here.
 */
async function enginesOf({execution, compile, precision, device, gpu}: TrainConfig) {
  deviceName(device); // a name that is none, a run would refuse
  const engine = await createEngine({execution, compile, precision, gpu});
  if (execution !== 'captured') return {engine};
  return {engine, plainEngine: await createEngine({precision, plainOps: true})};
}

/** Builds everything that a run would, and describes it. */
async function makePlan(
  {path, config: user}: {path: string; config: LocatedConfig},
  measure: number,
  cwd: string,
): Promise<RunPlan> {
  const notes: string[] = [];
  const {config} = await applyPlugins({config: user, networks: NETWORKS});
  microStepsFor(config);
  const survey = await surveyData(config, notes);
  if (survey.passedOver) notes.push(survey.passedOver);
  notes.push(...(await validationNote(config, survey)));
  await checkSets(config, cwd);
  const engines = await enginesOf(config);
  const report = await inspectRun({...engines, networks: NETWORKS, readInitial, measure}, user);
  notes.push(...(engines.engine.notes ?? []));
  return planOf({path, report, survey, holdsRun: holdsRun(config.out), notes});
}

/** `rife-train train --dry-run`. Returns the exit code; throws coded errors. Writes nothing. */
export async function runDryRun(flags: DryRunFlags, io: CommandIo): Promise<number> {
  const {path, config} = await loadConfig(io.cwd, flags.config);
  const measure = flags.measure ? MEASURED_STEPS : 0;
  const plan = await makePlan({path, config: configOf(config, flags, io.cwd)}, measure, io.cwd);
  const text = flags.json
    ? JSON.stringify(plan, null, 2)
    : planLines(plan, shortPath(path, io.cwd)).join('\n');
  io.stdout.write(`${text}\n`);
  return EXIT.ok;
}
