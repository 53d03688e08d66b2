/** The section `model`: what the network that it names takes. */
import {modelOptionError, modelUnknownError} from '@rife-train/errors';
import * as z from 'zod';
import type {ModelOptions} from '../contract/model.js';
import type {Network} from '../contract/network.js';
import {examine} from './examine.js';
import {option} from './option.js';

/** What the section needs of a network. */
export type NetworkOptions = Pick<Network, 'name' | 'options'>;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An option that is written out as undefined keeps its default. */
const withName = (name: string) => (given: unknown) =>
  given === undefined || isRecord(given)
    ? {...Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined)), name}
    : given;

/** A schema of another library, whose issues zod passes on. */
const foreign = (options: NetworkOptions['options']) =>
  z.unknown().transform((given, context): ModelOptions => {
    const result = options['~standard'].validate(given);
    if (result instanceof Promise) throw new TypeError('The schema is asynchronous');
    if (!result.issues) return result.value;
    for (const {message, path = []} of result.issues) {
      const keys = path.map(part => (typeof part === 'object' ? part.key : part));
      context.addIssue({code: 'custom', message, path: keys});
    }
    return z.NEVER;
  });

/**
 * Schema of the section.
 * @param network the network that `model.name` means. @default any options are accepted as they are
 */
export function modelSchema(network?: NetworkOptions): z.ZodType<ModelOptions> {
  const schema = network
    ? z.preprocess(
        withName(network.name),
        network.options instanceof z.ZodType ? network.options : foreign(network.options),
      )
    : z.looseObject({name: z.string().default(''), scales: z.array(z.number()).default([])}).prefault({});
  return option(schema as z.ZodType<ModelOptions>, {
    words: 'The network.',
    expected: 'an object with options',
    example: '{}',
    isSection: true,
  });
}

/**
 * The network that `model.name` means.
 * @param name @default the first of them
 * @throws RIFE_ERR_MODEL_UNKNOWN
 */
export function networkNamed<N extends {readonly name: string}>(
  networks: readonly N[],
  name: unknown = networks[0]?.name,
): N {
  const network = networks.find(one => one.name === name);
  if (!network)
    throw modelUnknownError(
      name,
      networks.map(one => one.name),
    );
  return network;
}

/**
 * The complete options of a network.
 * @throws RIFE_ERR_MODEL_OPTION
 */
export function modelOptions(network: NetworkOptions, given: Partial<ModelOptions>): ModelOptions {
  const {value, problems} = examine(modelSchema(network), given);
  if (!problems) return value;
  const {path, got, expected, unknown} = problems[0]!;
  if (!unknown) throw modelOptionError(path, got, expected);
  const known = unknown.known.join(', ');
  throw modelOptionError(unknown.path, unknown.got, `left out (there are ${known})`);
}
