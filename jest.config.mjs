import {quickTests} from './scripts/choose/quick.mjs';
import {SLOWNESS} from './scripts/slowness.mjs';

const transform = {
  '^.+\\.ts$': [
    '@swc/jest',
    {
      jsc: {parser: {syntax: 'typescript'}, target: 'es2022'},
      module: {type: 'commonjs'},
      sourceMaps: 'inline',
    },
  ],
};
/** For jest.slow.config.mjs as well. */
export const shared = {
  transform,
  testEnvironment: 'node',
  // For children that a test waits for without giving jest a chance to end it.
  globals: {CHILD_LIMIT_MS: 200_000 * SLOWNESS},
  // Looked up in jest's sandbox, a global costs more than what is done with it; these are handed to
  // each module.
  sandboxInjectedGlobals: [
    ...['Array', 'Error', 'Float32Array', 'Map', 'Math', 'Number', 'Object', 'Promise', 'Set', 'Symbol'],
    'Uint8Array',
  ],
  extensionsToTreatAsEsm: [],
  globalSetup: '<rootDir>/scripts/choose/jestSetup.mjs',
  setupFilesAfterEnv: ['<rootDir>/test/setup/oldDist.ts'],
  // Sources import with the .js ending that Node wants.
  moduleNameMapper: {
    '^@rife-train/engine/ops$': '<rootDir>/packages/engine/src/ops/index.ts',
    '^@rife-train/engine/graph$': '<rootDir>/packages/engine/src/graph.ts',
    '^@rife-train/engine/runtime$': '<rootDir>/packages/engine/src/runtime/index.ts',
    '^@rife-train/data/ffmpeg$': '<rootDir>/packages/data/src/ffmpeg.ts',
    '^@rife-train/data/parts$': '<rootDir>/packages/data/src/parts.ts',
    '^@rife-train/model/options$': '<rootDir>/packages/model/src/optionSchemas.ts',
    '^@rife-train/model/parts$': '<rootDir>/packages/model/src/parts.ts',
    '^@rife-train/core/config$': '<rootDir>/packages/core/src/config/index.ts',
    '^@rife-train/data/config$': '<rootDir>/packages/data/src/loader/dataSchema.ts',
    '^@rife-train/model/weights$': '<rootDir>/packages/model/src/weights/index.ts',
    '^create-rife-train-plugin$': '<rootDir>/packages/create-rife-train-plugin/src/index.ts',
    '^@rife-train/([^/]+)$': '<rootDir>/packages/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': ['$1.ts', '$1.js'],
  },
};

/**
 * Far above what the longest test takes on two cores: this ends what hangs, and must not end what
 * is slow.
 */
export const testTimeout = 300_000 * SLOWNESS;

// Read from what they import: scripts/choose.
const quick = quickTests().map(file => `<rootDir>/${file}`);
const notQuick = ['/node_modules/', ...quick.map(file => `${file}$`)];

export default {
  testSequencer: '<rootDir>/test/slowestFirst.mjs',
  projects: [
    {
      ...shared,
      displayName: 'quick',
      testMatch: quick,
      moduleNameMapper: {
        // Node takes the build for ES5, which is half as fast in plain JavaScript.
        '^@tensorflow/tfjs-(core|backend-cpu)$':
          '<rootDir>/node_modules/@tensorflow/tfjs-$1/dist/tf-$1.es2017.js',
        ...shared.moduleNameMapper,
      },
    },
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/packages/*/src/**/__tests__/*.test.ts'],
      testPathIgnorePatterns: notQuick,
    },
    {
      ...shared,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['<rootDir>/test/slow/', ...notQuick],
    },
  ],
  testTimeout,
  // The native engine takes about 1 GB a process; two suites at a time fill two cores.
  maxWorkers: 2,
  workerIdleMemoryLimit: '4GB',
};
