/** The network and the engine that flags mean. */
import {resolve} from 'node:path';
import type {Engine} from '@rife-train/core';
import {createEngine} from '@rife-train/engine';
import type {EngineFlags, NetworkFlags} from './flags.js';
import {loadNetwork, type Network} from './network.js';
import {pluginsFor} from './plugins.js';

/**
 * Reads the network, and prints a line about it.
 * @throws what `loadNetwork` and `pluginsFor` throw
 */
export async function openNetwork(
  flags: NetworkFlags,
  cwd: string,
  print: (text: string) => void,
): Promise<Network> {
  const network = await loadNetwork(resolve(cwd, flags.weights), {
    name: flags.model,
    key: flags.key,
    plugins: source => pluginsFor(flags, source, cwd, print),
  });
  print(network.summary);
  return network;
}

/** An engine that is created, and described, when it is first needed. */
export const engineFor =
  ({execution, precision, device}: EngineFlags, print: (text: string) => void) =>
  async (): Promise<Engine> => {
    const created = await createEngine({execution, precision, device});
    for (const line of [created.description, ...(created.notes ?? [])]) print(line);
    return created;
  };
