/**
 * Which package may import what. The lint rule `rife/imports` reads nothing but this table and the
 * package.json files.
 *
 *   allow   values and types
 *   types   only by `import type`
 *   lazy    by `import type`, or inside a function by `import()` or `require()`; tests as they like
 *   never   not even where `allow` says so
 *
 * Entries are exact specifiers; a final `*` stands for anything. Always allowed: Node's own
 * modules, the package's own files, and `@rife-train/errors`, where every message lives.
 */
const TF = '@tensorflow/tfjs-core';
const CORE = '@rife-train/core';
const FILES = '@rife-train/files';
const OPS = '@rife-train/engine/ops';
const ENGINE = '@rife-train/engine*';

export const IMPORT_TABLE = {
  errors: {},
  files: {},
  core: {allow: [FILES, TF, 'tapable', 'fastest-levenshtein', 'zod']},
  engine: {
    allow: [FILES, TF, '@bufbuild/protobuf/wire'],
    types: [CORE],
    // The native runtime is located at run time; the modules that find and install it are not
    // needed afterwards.
    lazy: [
      '@tensorflow/tfjs-node',
      '@tensorflow/tfjs-node-gpu',
      'node-api-headers',
      'google-protobuf',
      'proper-lockfile',
      'tar',
    ],
  },
  // Weights files: the codec alone, without the trainer (docs/decisions/0006-weights-files.md).
  model: {allow: [CORE, '@rife-train/core/config', TF, OPS, FILES, 'zod']},
  // Both optional: ffmpeg for videos, and what decodes lossless WebP faster than sharp.
  data: {
    // Of core the schema of its options, without the trainer.
    allow: [FILES, 'sharp', 'piscina', 'mediabunny', 'zod', '@rife-train/core/config'],
    types: [CORE],
    lazy: ['@ffmpeg-installer/ffmpeg', '@napi-rs/image'],
  },
  // Builds, checks and packs clips, out of what reads them.
  dataset: {allow: [FILES, '@rife-train/data', '@rife-train/data/parts', 'sharp', 'piscina'], types: [CORE]},
  // Writes what a prediction records in other formats, and runs it there to compare.
  export: {
    allow: [CORE, ENGINE, '@tensorflow/tfjs-*', 'onnx-proto', '@petamoriken/float16', 'esbuild'],
    // The last two are for tests.
    lazy: ['onnxruntime-web', '@rife-train/model', 'onnxruntime-node'],
  },
  // Videos in and out, without a network.
  video: {allow: [FILES, '@rife-train/data*']},
  // Public sets, protocols, metrics and reports; the network is a function that is handed in.
  evaluate: {
    allow: [FILES, '@rife-train/data*', 'sharp', 'piscina'],
    types: [CORE],
    // OpenCV, for flows: half a second to load.
    lazy: ['@techstark/opencv-js'],
  },
  parallel: {allow: [CORE, ENGINE, FILES, 'piscina']},
  // Of a network a plugin may know the options that it changes.
  'plugin-*': {allow: [CORE, TF, OPS, 'zod'], types: ['@rife-train/model']},
  // Where there is no native runtime, plugins are tried on tfjs's own backend.
  testing: {allow: [CORE, ENGINE, FILES, TF], lazy: ['@tensorflow/tfjs']},
  // Writes files, and needs nothing of what they will import.
  'create-rife-train-plugin': {},
  // Plugins are imported only by the user's configuration.
  cli: {allow: ['*'], never: ['@rife-train/plugin-*', '@rife-train/testing']},
};

/** Imports that every package may use, and additional ones of its tests. */
export const ALWAYS = ['@rife-train/errors'];
export const IN_TESTS = [
  '@rife-train/testing',
  ENGINE,
  '@jest/globals',
  // Engines of plain JavaScript.
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-backend-cpu',
  'zod',
];

/** Whether an entry of the table covers this specifier. */
export const covers = (entry, specifier) =>
  entry.endsWith('*') ? specifier.startsWith(entry.slice(0, -1)) : specifier === entry;

/** The row of a package folder, or undefined if the table does not have it. */
export function rowOf(folder) {
  const key = Object.keys(IMPORT_TABLE).find(name => covers(name, folder));
  return key === undefined ? undefined : IMPORT_TABLE[key];
}
