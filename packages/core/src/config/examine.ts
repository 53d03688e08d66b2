/** Values against schemas: all that is wrong, each with the option that it is about. */
import * as z from 'zod';
import {didYouMean} from './didYouMean.js';
import {defaultBy, expectedBy} from './expected.js';
import {optionMeta, type OptionMeta} from './option.js';

/** An issue of zod, or of another Standard Schema. */
interface Issue {
  readonly message: string;
  readonly code?: string;
  /** Of `unrecognized_keys`. */
  readonly keys?: readonly string[];
  /** Of `invalid_union`: the issues of each of its schemas. */
  readonly errors?: readonly (readonly Issue[])[];
  /** Of `too_big`. */
  readonly maximum?: number | bigint;
  readonly path?: readonly (PropertyKey | {readonly key: PropertyKey})[] | undefined;
}
type Result<Value> =
  {readonly value: Value; readonly issues?: undefined} | {readonly issues: readonly Issue[]};

/**
 * What is used of a schema: the Standard Schema (https://standardschema.dev), which zod, valibot
 * and arktype have.
 */
export interface OptionsSchema<Value> {
  readonly '~standard': {
    readonly validate: (value: unknown) => Result<Value> | Promise<Result<Value>>;
  };
}

/** An option, and what it was given. */
export interface Given {
  /** Dotted: `data.crop`. Empty for the whole value. */
  readonly path: string;
  readonly got: unknown;
  /** Completes "must be ...". */
  readonly expected: string;
  /** To be pasted: `crop: 224`. Empty for an option that is not described. */
  readonly example: string;
}

/** One thing that is wrong. */
export interface Problem extends Given {
  /**
   * The option that users know, of which `path` may be a part: `data.cache` for `data.cache.codec`.
   */
  readonly whole: Given;
  /**
   * Of an option that does not exist: its path, the one that was probably meant, and those that
   * there are.
   */
  readonly unknown?: {
    readonly path: string;
    readonly got: unknown;
    readonly meant: string | undefined;
    readonly known: readonly string[];
    /** Of a section, and not of a value. */
    readonly isOption: boolean;
  };
  /** What the schema says. */
  readonly message: string;
}

/** What zod knows of its schemas; others say nothing of themselves. */
interface Described {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly def?: {
    readonly innerType?: unknown;
    readonly options?: readonly unknown[];
    readonly in?: unknown;
    readonly out?: unknown;
    readonly element?: unknown;
    readonly items?: readonly unknown[];
  };
}

const isRecord = (value: unknown): value is Record<PropertyKey, unknown> =>
  typeof value === 'object' && value !== null;
const valueAt = (value: unknown, keys: readonly PropertyKey[]): unknown =>
  keys.reduce((at: unknown, key) => (isRecord(at) ? at[key] : undefined), value);
const dotted = (keys: readonly PropertyKey[]) => keys.map(String).join('.');
const keysOf = ({path = []}: Issue) => path.map(part => (typeof part === 'object' ? part.key : part));

/**
 * A schema with those that it wraps: of an option that may be left out, of a union, of a
 * transformation.
 */
function layersOf(schema: unknown): unknown[] {
  const {def} = (schema ?? {}) as Described;
  const inner = [def?.innerType, def?.in, def?.out, ...(def?.options ?? [])].filter(one => one !== undefined);
  return [schema, ...inner.flatMap(layersOf)];
}

const childrenOf = (schema: unknown, key: PropertyKey): unknown[] =>
  layersOf(schema)
    .map(layer => {
      const {shape, def} = (layer ?? {}) as Described;
      return shape?.[String(key)] ?? def?.element ?? def?.items?.[Number(key)];
    })
    .filter(child => child !== undefined);

/** Names of the options of a group, as far as its schema says. */
const namesIn = (schemas: readonly unknown[]) => [
  ...new Set(schemas.flatMap(layersOf).flatMap(layer => Object.keys((layer as Described)?.shape ?? {}))),
];

const metaOf = (schemas: readonly unknown[]) =>
  schemas
    .flatMap(layersOf)
    .map(layer => optionMeta.get(layer as z.ZodType))
    .find(meta => meta !== undefined);

/** An option of a schema, for whoever lists them. */
export interface ListedOption {
  readonly path: string;
  readonly schema: z.ZodType;
  readonly meta: OptionMeta | undefined;
}

/** All options of a schema, groups and what is in them, in its order. */
export function listOptions(schema: unknown, before: readonly string[] = []): ListedOption[] {
  return namesIn([schema]).flatMap(name => {
    const path = [...before, name];
    const [child] = childrenOf(schema, name);
    const listed = {path: dotted(path), schema: child as z.ZodType, meta: metaOf([child])};
    return [listed, ...listOptions(child, path)];
  });
}

/** An option as it is written in its group: `crop: 224`. */
export const exampleOf = ({path, schema, meta}: ListedOption) =>
  `${path.split('.').at(-1)}: ${meta?.example ?? defaultBy(schema) ?? ''}`;

/** The option that a name at the wrong place belongs to: `crop` is `data.crop`. */
const elsewhere = (schema: unknown, key: string) =>
  listOptions(schema).find(
    ({path, meta}) => meta && path.split('.').at(-1)!.toLowerCase() === key.toLowerCase(),
  )?.path;

class Examination {
  constructor(
    private readonly schema: unknown,
    private readonly value: unknown,
  ) {}

  /** Schemas at a path. */
  private schemasAt = (keys: readonly PropertyKey[]): readonly unknown[] =>
    keys.reduce<unknown[]>((level, key) => level.flatMap(one => childrenOf(one, key)), [this.schema]);

  private given(keys: readonly PropertyKey[], issue: Issue): Given {
    const [schema, ...others] = this.schemasAt(keys);
    const meta = metaOf([schema, ...others]);
    const common = {path: dotted(keys), got: valueAt(this.value, keys)};
    if (!meta) return {...common, expected: issue.message, example: ''};
    // A message of the schema's own says more than the option's words.
    const own = issue.code === 'custom' && issue.message !== 'Invalid input' ? issue.message : undefined;
    const words = own ?? meta.expected ?? expectedBy(schema as z.ZodType);
    const isTooBig = issue.code === 'too_big' && !words.includes(String(issue.maximum));
    const expected = words + (isTooBig ? `, and at most ${issue.maximum}` : '');
    return {...common, expected, example: exampleOf({path: common.path, schema: schema as z.ZodType, meta})};
  }

  /**
   * Paths of the options on the way to an issue that are described; of a plugin, whose are not, the
   * issue's own.
   */
  private describedOn(keys: readonly PropertyKey[]): (readonly PropertyKey[])[] {
    const prefixes = keys.map((_, i) => keys.slice(0, i + 1));
    const described = prefixes.filter(prefix => metaOf(this.schemasAt(prefix)));
    return described.length > 0 ? described : [keys];
  }

  private problem(keys: readonly PropertyKey[], issue: Issue): Problem {
    const paths = this.describedOn(keys);
    const isSection = (path: readonly PropertyKey[]) => metaOf(this.schemasAt(path))?.isSection;
    const outer = paths.find(path => !isSection(path)) ?? paths.at(-1)!;
    const inner = paths.at(-1)!;
    // What is missing in a value is a mistake of that value.
    const isPart = inner.length > outer.length && valueAt(this.value, inner) === undefined;
    const at = isPart ? paths.at(-2)! : inner;
    return {...this.given(at, issue), whole: this.given(outer, issue), message: issue.message};
  }

  private unknownIn(keys: readonly PropertyKey[], issue: Issue): Problem[] {
    const names = namesIn(this.schemasAt(keys));
    const whole = (name: string) => dotted([...keys, name]);
    const isOption = keys.length === 0 || metaOf(this.schemasAt(keys))?.isSection === true;
    return issue.keys!.map(key => {
      const near = didYouMean(key, names);
      const meant = near === undefined ? elsewhere(this.schema, key) : whole(near);
      const got = valueAt(this.value, [...keys, key]);
      const unknown = {path: whole(key), got, meant, known: names.map(whole), isOption};
      return {...this.problem(keys, issue), unknown};
    });
  }

  /**
   * Of a union, what is wrong with the schema that an object was probably meant for, where that one
   * is described.
   */
  private inside(issue: Issue): readonly Issue[] {
    const keys = keysOf(issue);
    const value = valueAt(this.value, keys);
    if (issue.code !== 'invalid_union' || !isRecord(value) || Array.isArray(value)) return [issue];
    const isOfObject = (one: Issue) => one.code === 'unrecognized_keys' || keysOf(one).length > 0;
    const issues = issue.errors?.find(list => list.length > 0 && list.every(isOfObject)) ?? [];
    const names = namesIn(this.schemasAt(keys));
    const isDescribed = names.some(name => metaOf(this.schemasAt([...keys, name])));
    return isDescribed && issues.length > 0
      ? issues.flatMap(one => this.inside({...one, path: [...keys, ...keysOf(one)]}))
      : [issue];
  }

  problems(issues: readonly Issue[]): Problem[] {
    const found = issues
      .flatMap(issue => this.inside(issue))
      .flatMap(issue =>
        issue.code === 'unrecognized_keys' && issue.keys
          ? this.unknownIn(keysOf(issue), issue)
          : [this.problem(keysOf(issue), issue)],
      );
    const unknown = found.filter(problem => problem.unknown);
    // A misspelt name leaves the option that was meant missing; the misspelling is the mistake.
    const isMeant = ({path, got}: Problem) =>
      got === undefined && unknown.some(problem => problem.unknown!.meant === path);
    const values = found.filter(problem => !problem.unknown && !isMeant(problem));
    // Two numbers of a pair may be wrong; the option is wrong once.
    const once = new Map(values.map(problem => [`${problem.path}: ${problem.expected}`, problem]));
    return [...unknown, ...once.values()];
  }
}

/** A value with its defaults, or what is wrong with it. */
export type Examined<Value> =
  | {readonly value: Value; readonly problems?: undefined}
  | {readonly value?: undefined; readonly problems: readonly Problem[]};

/** @throws TypeError when the schema is asynchronous */
export function examine<Value>(schema: OptionsSchema<Value>, value: unknown): Examined<Value> {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) throw new TypeError('The schema is asynchronous');
  if (!result.issues) return {value: result.value};
  return {problems: new Examination(schema, value).problems(result.issues)};
}
