/**
 * Writes docs/configuration.md from the schemas of the options, and the doc comments of those of
 * core: editors show comments, and no metadata. Works on what was built.
 *
 *     npm run docs [-- --check]
 */
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {configSchema, defaultBy, expectedBy, listOptions} from '@rife-train/core/config';
import {NETWORK_OPTIONS} from '@rife-train/model/options';
import {readDocWords} from './docWords.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CONFIG = 'packages/core/src/config';
export const PAGE = 'docs/configuration.md';

const code = text => `\`${text}\``;
const cell = text => (text ?? '').replaceAll('|', '\\|');
/** Text in which brackets are no tags. */
const plain = text => text.replaceAll('<', '\\<');
const row = cells => `| ${cells.map(cell).join(' | ')} |`;

/** Default and unit of an option of core, for a reader. */
const defaultOf = ({meta, schema}, quote = code) => {
  const value = defaultBy(schema);
  if (meta.defaultWords !== undefined) return meta.defaultWords;
  if (value !== undefined)
    return `${quote(value)}${meta.unit && /[\d\]]$/.test(value) ? ` ${meta.unit}` : ''}`;
  return undefined;
};

const HEAD = ['| option | value | default | example | what it does |', '|---|---|---|---|---|'];

function coreRow(option) {
  const {path, meta, schema} = option;
  const [example, flag] = [meta.example ?? defaultBy(schema), /--[\w-]+/.exec(meta.flag ?? '')?.[0]];
  return row([
    code(path),
    plain(meta.expected ?? expectedBy(schema)),
    defaultOf(option) ?? 'must be given',
    example && code(example),
    meta.words + (flag ? ` Flag: \`${flag}\`.` : ''),
  ]);
}

/** A section of core: options that begin with its name, or those outside of any. */
function coreSection(title, all, name, intro) {
  const own = all.filter(
    ({path, meta}) =>
      meta &&
      !meta.isSection &&
      (name === '' ? /^(?!(data|model|optim|validate|gpu)\.)/ : RegExp(`^${name}\\.`)).test(path),
  );
  return [`## ${title}`, '', intro, '', ...HEAD, ...own.map(coreRow), ''];
}

/** Options of a schema, and the number of the schema in a union. */
const branchesOf = schema =>
  schema.def.type === 'union'
    ? schema.def.options.map((option, branch) => ({options: listOptions(option), branch}))
    : [{options: listOptions(schema), branch: undefined}];

/** @throws Error where comment and schema differ */
function pluginRow({path, schema}, docs, branch) {
  const {words, type, byDefault} = docs.at(path, branch);
  const [value, byItself] = [expectedBy(schema), defaultBy(schema)];
  if (words === undefined) throw new Error(`${docs.factory}: the option "${path}" has no doc comment`);
  if (value !== '' && byItself !== undefined && byDefault !== undefined && !byDefault.includes(byItself))
    throw new Error(`${docs.factory}: "${path}" is ${byItself} by default; its comment says ${byDefault}`);
  const isPlain = byDefault === undefined || byDefault === byItself;
  return row([
    code(path),
    value ? plain(value) : code(type),
    isPlain ? byItself && code(byItself) : byDefault,
    words,
  ]);
}

async function pluginSection(folder, docs) {
  const {optionsSchema} = await import(`@rife-train/${folder}`);
  const tables = branchesOf(optionsSchema).flatMap(({options, branch}) => [
    '| option | value | default | what it does |',
    '|---|---|---|---|',
    ...options.map(option => pluginRow(option, docs, branch)),
    '',
  ]);
  return [`### ${docs.factory}`, '', `[@rife-train/${folder}](../packages/${folder})`, '', ...tables];
}

const INTRO = `# Configuration

<!-- Written by "npm run docs" from the schemas of the options; change those. -->

All options of \`rife.config.ts\`. Paths in the file are relative to the file, except \`data.cache\`, which is relative to
the current folder. Any option but those of plugins can be set for one run: \`rife-train train --set data.crop=128\`; some
have [a flag of their own](cli.md). A mistake is reported with what was expected before anything is opened. \`data.root\`
and \`steps\` must be given.
`;

/** All options with those of a network. */
const optionsOf = name => {
  const network = NETWORK_OPTIONS.find(one => one.name === name);
  return listOptions(configSchema({network}));
};

/** The page. */
export async function configurationPage() {
  const all = listOptions(configSchema());
  const folders = readdirSync(`${ROOT}packages`).filter(name => name.startsWith('plugin-'));
  const docs = readDocWords(folders);
  const plugins = await Promise.all(folders.map((folder, i) => pluginSection(folder, docs[i])));
  return [
    INTRO,
    ...coreSection('The run', all, '', 'Options outside of any section.'),
    ...coreSection('data', all, 'data', 'Clips, triplets and batches. [More](data.md)'),
    ...coreSection('model: IFNet and IFNet_m', optionsOf('IFNet'), 'model', 'The networks of the paper.'),
    ...coreSection(
      'model: RIFE4',
      optionsOf('RIFE4'),
      'model',
      'The networks of [RIFE 4.x](rife4.md). Networks of others have [options of their own](writing-a-network.md).',
    ),
    ...coreSection('optim', all, 'optim', 'AdamW and its schedule: linear warm-up, then half a cosine.'),
    ...coreSection(
      'validate',
      all,
      'validate',
      'What is scored every `validateEvery` steps, besides the triplets of `val/`. [More](evaluation.md#while-training)',
    ),
    ...coreSection(
      'gpu',
      all,
      'gpu',
      'TensorFlow and cuDNN on a GPU. None of it acts on a processor. [More](gpu.md#settings)',
    ),
    '## plugins',
    '',
    'A list of plugins, applied in its order. The options of each are arguments of the call that makes it:',
    '`plugins: [gradClip({maxNorm: 1})]`. An unknown or wrong option is reported with the name of the plugin.',
    '',
    ...plugins.flat(),
  ].join('\n');
}

/** Groups of options in sources: what their paths begin with. */
const SHAPES = {
  'gpuSchema.ts': {gpuShape: 'gpu.'},
  'optimSchema.ts': {optimShape: 'optim.'},
  'trainerSchema.ts': {keepShape: 'keep.', trainerShape: ''},
  'validateSchema.ts': {validateShape: 'validate.'},
  'dataSchema.ts': {augmentShape: 'data.augment.', cacheShape: 'data.cache.', dataShape: 'data.'},
};

/** A doc comment of two blanks indentation, wrapped. */
function commentOf(text) {
  if (text.length <= 90) return [`  /** ${text} */`];
  const lines = [''];
  for (const word of text.split(' '))
    if (lines.at(-1).length + word.length > 93) lines.push(word);
    else lines.push(`${lines.pop()} ${word}`.trim());
  return ['  /**', ...lines.map(line => `   * ${line}`), '   */'];
}

/** A source with the doc comments that follow from the metadata of its options. */
function withComments(file, all) {
  let prefix;
  const lines = [];
  const bare = readFileSync(`${ROOT}${CONFIG}/${file}`, 'utf8').replace(/^ {2}\/\*\*[\s\S]*?\*\/\n/gm, '');
  for (const line of bare.split('\n')) {
    const shape = /^export const (\w+Shape) =/.exec(line)?.[1];
    if (shape !== undefined) prefix = SHAPES[file][shape];
    const name = /^ {2}(\w+): option\(/.exec(line)?.[1];
    if (name !== undefined) {
      const option = all.find(({path}) => path === prefix + name);
      const byDefault = defaultOf(option, text => text);
      lines.push(...commentOf(option.meta.words + (byDefault === undefined ? '' : ` @default ${byDefault}`)));
    }
    lines.push(line);
  }
  return lines.join('\n');
}

/** Files whose text follows from the schemas, with the text that they should have. */
export async function expectedFiles() {
  const all = listOptions(configSchema());
  return {
    [PAGE]: await configurationPage(),
    ...Object.fromEntries(Object.keys(SHAPES).map(file => [`${CONFIG}/${file}`, withComments(file, all)])),
  };
}

/** Files that differ from what they should be. */
export async function staleFiles() {
  const read = file => {
    try {
      return readFileSync(`${ROOT}${file}`, 'utf8');
    } catch {
      return undefined;
    }
  };
  return Object.entries(await expectedFiles()).filter(([file, text]) => read(file) !== text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stale = await staleFiles();
  const isCheck = process.argv.includes('--check');
  for (const [file, text] of stale) {
    console.log(`${isCheck ? 'stale' : 'written'}: ${file}`);
    if (!isCheck) writeFileSync(`${ROOT}${file}`, text);
  }
  if (isCheck && stale.length > 0) process.exitCode = 1;
}
