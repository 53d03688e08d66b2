import type {Engine} from '@rife-train/core';

/** An engine that is loaded on request, and must be loaded before it makes programs. */
export interface LateEngine extends Engine {
  load(): Promise<void>;
}

/**
 * Puts off the loading of an engine. The trainer opens the data before it asks for a program: so nobody waits for
 * TensorFlow, let alone for its installation, to learn that a clip is too short.
 */
export function lateEngine(create: () => Promise<Engine>): LateEngine {
  let loaded: Engine | undefined;
  const engine = () => {
    if (!loaded) throw new Error('invariant: the engine is loaded with the data');
    return loaded;
  };
  return {
    async load() {
      loaded ??= await create();
    },
    get description() {
      return engine().description;
    },
    createProgram: variables => engine().createProgram(variables),
    get createProbe() {
      return loaded?.createProbe;
    },
  };
}
