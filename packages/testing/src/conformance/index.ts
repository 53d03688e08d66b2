/** The conformance kit: requirements of every plugin, as tests in the plugin's own suite. */
import assert from 'node:assert/strict';
import type {Network, RifePlugin} from '@rife-train/core';
import type {TinyConfig} from '../tiny/trainTiny.js';
import {
  appliesTwice,
  doesNothingUntilApplied,
  predictsTheSame,
  refusalOf,
  refusesUnknownOptions,
  worksWith,
} from './applying.js';
import {findEngines} from './engines.js';
import {Kit} from './kit.js';
import {keepsNaNInGradients, keepsNaNInLoss} from './nonFinite.js';
import {OFFICIAL, officialPlugin} from './official.js';
import {decidesAlike} from './replicas.js';
import {resumesExactly, rollbackRestores} from './resuming.js';
import {capturedEqualsEager, isDeterministic, leaksNothing, trainsTwoSteps} from './training.js';

/** All checks except those with other plugins, by the name of the test. */
export const CHECKS = {
  'does nothing until it is applied': doesNothingUntilApplied,
  'trains two steps': trainsTwoSteps,
  'captured equals eager': capturedEqualsEager,
  'has the same bits in every run': isDeterministic,
  'resumes exactly': resumesExactly,
  'a rollback restores its state': rollbackRestores,
  'decides alike on every replica': decidesAlike,
  'leaks nothing': leaksNothing,
  'keeps NaN visible in the loss': keepsNaNInLoss,
  'keeps NaN visible in the gradients': keepsNaNInGradients,
  'predicts the same, or says that it does not': predictsTheSame,
  'can be applied twice': appliesTwice,
} as const satisfies Record<string, (kit: Kit) => Promise<void>>;

export type CheckName = keyof typeof CHECKS;

/** What the kit uses of a test framework, as jest has it. */
export interface TestGlobals {
  describe(name: string, define: () => void): void;
  test(name: string, run: () => Promise<void>, timeoutMs: number): void;
}

export interface ConformanceOptions {
  /** The factory itself: with it, the kit checks that unknown options are rejected. */
  factory?: (options: never) => RifePlugin;
  /** Parts of the configuration that the plugin needs to change. @default {} */
  config?: TinyConfig;
  /**
   * Networks that `config.model.name` may name. Their crops may have to be larger than 32: set
   * `config.data.crop`. @default TINY, which knows `scales`, `widths`, `norm` and `zeroStages`
   */
  networks?: readonly Network[];
  /** Checks that the plugin is exempt from, each with the reason, which is printed. @default {} */
  exempt?: Partial<Record<CheckName, string>>;
  /** Only these checks, for further modes of a plugin that has passed all in one. @default all */
  only?: readonly CheckName[];
  /** Train beside each official plugin that is installed. @default true, without `only` */
  official?: boolean;
  /** Heading of the tests. @default 'conformance' */
  name?: string;
  /** Object with the test framework's functions. @default globalThis */
  globals?: TestGlobals;
}

/**
 * Overrides the limit of the framework: the limit should end only what hangs, however busy the
 * machine is.
 */
const TIMEOUT_MS = 600_000;
const REGARDLESS_OF_ENGINE = 'captured equals eager';

/** Plugins under test, created for each run. */
export type MakePlugins = () => RifePlugin | readonly RifePlugin[];

/** A kit on the engines of this machine. */
export async function openKit(make: MakePlugins, options: ConformanceOptions = {}): Promise<Kit> {
  const {captured, eager} = await findEngines();
  const plugins = () => [make()].flat() as RifePlugin[];
  return new Kit({
    make: plugins,
    captured,
    eager,
    config: options.config ?? {},
    networks: options.networks,
  });
}

function say(text: string): void {
  process.stdout.write(`conformance: ${text}\n`);
}

async function runCheck(name: CheckName, make: MakePlugins, options: ConformanceOptions): Promise<void> {
  const exemption = options.exempt?.[name];
  if (exemption !== undefined) return say(`"${name}" is left out: ${exemption}`);
  const {reason} = await findEngines();
  if (reason !== undefined && name === REGARDLESS_OF_ENGINE)
    return say(`"${name}" is left out, since there is no native engine: ${reason}`);
  await CHECKS[name](await openKit(make, options));
}

async function runBeside(name: string, make: MakePlugins, options: ConformanceOptions): Promise<void> {
  const kit = await openKit(make, options);
  if (kit.make().some(plugin => plugin.name === name)) return say(`${name} is under test itself`);
  const other = await officialPlugin(name);
  if (typeof other === 'string') return say(`not tried beside ${name}: ${other}`);
  // Of the kit's own network all are known to train.
  const refusal = options.networks && (await refusalOf(kit, other()));
  if (refusal !== undefined) return say(`not tried beside ${name}: ${refusal}`);
  await worksWith(kit, () => [other()]);
}

function globalsOf({globals = globalThis as unknown as TestGlobals}: ConformanceOptions): TestGlobals {
  assert.ok(
    typeof globals.test === 'function' && typeof globals.describe === 'function',
    'There is no global `test`: pass {globals: await import("@jest/globals")}',
  );
  return globals;
}

/**
 * Defines the tests that every plugin must pass; call it at the top of a test file.
 * @param make returns new plugins each time: `() => gradClip()`
 */
export function conformance(make: MakePlugins, options: ConformanceOptions = {}): void {
  const {describe, test} = globalsOf(options);
  const {factory, only, official = !only, name: heading = 'conformance'} = options;
  describe(heading, () => {
    for (const name of only ?? (Object.keys(CHECKS) as CheckName[]))
      test(name, () => runCheck(name, make, options), TIMEOUT_MS);
    if (official)
      for (const name of Object.keys(OFFICIAL))
        test(`trains beside ${name}`, () => runBeside(name, make, options), TIMEOUT_MS);
    if (factory) test('refuses unknown options', async () => refusesUnknownOptions(factory), TIMEOUT_MS);
    else if (!only) say('unknown options are not tried: pass {factory} to have that checked');
  });
}
