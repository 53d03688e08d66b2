/** What the folder of a run says about it: run.jsonl, or else the newest checkpoint. */
import {existsSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {readRegular} from '@rife-train/files';
import {eachLine, isObject, objectIn} from './lines.js';

type Json = Record<string, unknown>;

/** A run as it was recorded; what is not known is left out. */
export interface Recorded {
  /** Options by their path: `data.gaps`, `plugins.rife:recover.every`. */
  options: Map<string, unknown>;
  /** Does a missing option mean that it is not set, rather than not known? */
  isWhole: boolean;
  engine?: string;
  version?: string;
  processor?: string;
  /** Number and checksum of the clips. */
  clips?: string;
  command?: string;
  /** How often it was started. */
  starts: number;
  /** `finished`, `failed: RIFE_ERR_...`; undefined where no end is recorded. */
  end?: string;
}

const objectAt = (value: unknown, name: string): Json => {
  const inner = isObject(value) ? value[name] : undefined;
  return isObject(inner) ? inner : {};
};

const textAt = (value: Json, name: string) => (typeof value[name] === 'string' ? value[name] : undefined);

/** Lists are values: `[1, 8]` says more than two options. */
function collect(value: unknown, path: string, into: Map<string, unknown>): void {
  if (isObject(value) && Object.keys(value).length > 0)
    for (const [key, inner] of Object.entries(value))
      collect(inner, path === '' ? key : `${path}.${key}`, into);
  else if (path !== '') into.set(path, value);
}

/** A plugin by its name; of two of a name the second is numbered. */
function collectPlugins(plugins: unknown, into: Map<string, unknown>): void {
  const seen = new Map<string, number>();
  for (const plugin of Array.isArray(plugins) ? plugins : []) {
    const name = String(isObject(plugin) ? plugin['name'] : plugin);
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    const path = `plugins.${count === 1 ? name : `${name} ${count}`}`;
    into.set(path, 'used');
    if (isObject(plugin)) collect(plugin['options'], path, into);
  }
}

/** Options of a configuration, of those that decide something: `out` is only a place. */
function optionsOf(config: Json, plugins: unknown): Map<string, unknown> {
  const {out: _out, ...rest} = config;
  const options = new Map<string, unknown>();
  collect(rest, '', options);
  collectPlugins(plugins, options);
  return options;
}

/** Facts of the lines of run.jsonl. */
function fromLines(start: Json, end: Json | undefined, starts: number): Recorded {
  const [versions, machine, clips] = ['versions', 'machine', 'clips'].map(name => objectAt(start, name));
  const reason = end && (textAt(end, 'reason') ?? 'ended');
  const code = end && textAt(end, 'code');
  const facts = {
    engine: textAt(versions!, 'engine'),
    version: textAt(versions!, 'rife-train'),
    processor: textAt(machine!, 'processor'),
    command: textAt(start, 'command'),
    clips:
      'count' in clips! ? `${String(clips['count'])} (${String(clips['sha256']).slice(0, 8)})` : undefined,
    end: reason && (code === undefined ? reason : `${reason}: ${code}`),
  };
  const known = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  return {options: optionsOf(objectAt(start, 'config'), start['plugins']), isWhole: true, starts, ...known};
}

/** Options in state.json of the newest checkpoint: those that its weights depend on. */
async function fromCheckpoint(folder: string): Promise<Recorded | undefined> {
  const checkpoints = join(folder, 'checkpoints');
  const names = existsSync(checkpoints) ? readdirSync(checkpoints) : [];
  const newest = names
    .filter(name => /^step-\d{8,15}$/.test(name))
    .sort((a, b) => Number(b.slice(5)) - Number(a.slice(5)))[0];
  if (newest === undefined) return undefined;
  const state: unknown = JSON.parse((await readRegular(join(checkpoints, newest, 'state.json'))).toString());
  const {plugins, ...config} = objectAt(state, 'config');
  const model = objectAt(objectAt(state, 'model'), 'options');
  return {options: optionsOf({...config, model}, plugins), isWhole: false, starts: 0};
}

/** @returns undefined where nothing about the run is recorded, or it can't be read */
export async function readRecord(folder: string): Promise<Recorded | undefined> {
  try {
    const found: {start?: Json; end?: Json | undefined; starts: number} = {starts: 0};
    const file = join(folder, 'run.jsonl');
    if (existsSync(file))
      await eachLine(file, line => {
        const record = objectIn(line);
        if (record?.['event'] === 'start')
          Object.assign(found, {start: record, end: undefined, starts: found.starts + 1});
        if (record?.['event'] === 'end') found.end = record;
      });
    return found.start ? fromLines(found.start, found.end, found.starts) : await fromCheckpoint(folder);
  } catch {
    return undefined;
  }
}
