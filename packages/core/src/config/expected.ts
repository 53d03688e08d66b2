/**
 * What a schema takes, and its default, in words; read from its JSON Schema, so that any schema of
 * zod will do.
 */
import * as z from 'zod';

interface Json {
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Json[];
  readonly oneOf?: readonly Json[];
  readonly items?: Json;
  readonly prefixItems?: readonly Json[];
  readonly properties?: Readonly<Record<string, Json>>;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

/** `a, b or c` */
export const orList = (words: readonly string[]) =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** Bounds that only say that a whole number is exact are none. */
const bound = (value: number | undefined) =>
  value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;

function numberWords({type, ...json}: Json): string {
  const what = type === 'integer' ? 'a whole number' : 'a number';
  const [from, above] = [bound(json.minimum), bound(json.exclusiveMinimum)];
  const [to, below] = [bound(json.maximum), bound(json.exclusiveMaximum)];
  if (from !== undefined && to !== undefined) return `${what} from ${from} to ${to}`;
  if (from !== undefined && below !== undefined) return `${what} from ${from} to below ${below}`;
  const start = from !== undefined ? ` of at least ${from}` : above !== undefined ? ` above ${above}` : '';
  const end = to !== undefined ? ` up to ${to}` : below !== undefined ? ` below ${below}` : '';
  return what + start + (start && end ? (below === undefined ? ',' : ' and') : '') + end;
}

function wordsOf(json: Json): string {
  if (json.enum) return orList(json.enum.map(value => JSON.stringify(value)));
  if (json.const !== undefined) return JSON.stringify(json.const);
  const choices = json.anyOf ?? json.oneOf;
  if (choices)
    return orList(
      choices
        .flatMap(({enum: values, ...one}) => values?.map(value => JSON.stringify(value)) ?? [wordsOf(one)])
        .filter(words => words !== ''),
    );
  if (json.prefixItems) return `[${json.prefixItems.map(wordsOf).join(', ')}]`;
  if (json.type === 'boolean') return 'true or false';
  if (json.type === 'string') return 'a text';
  const each = json.items ? wordsOf(json.items) : '';
  if (json.type === 'array') return each ? `a list, each ${each}` : 'a list';
  if (json.type === 'object') return `{${Object.keys(json.properties ?? {}).join(', ')}}`;
  return json.type === 'number' || json.type === 'integer' ? numberWords(json) : '';
}

const jsonOf = (schema: z.ZodType) => z.toJSONSchema(schema, {unrepresentable: 'any', io: 'input'}) as Json;

/**
 * Completes "must be ...": `a whole number of at least 1`. Empty for what JSON cannot say, such as
 * a function.
 */
export const expectedBy = (schema: z.ZodType): string => wordsOf(jsonOf(schema));

/** A value as it is written in a configuration: `3e-4`, `[1, 8]`, `'raw'`. */
export function literal(value: unknown): string {
  if (typeof value === 'number')
    return value !== 0 && Math.abs(value) < 1e-2 ? value.toExponential() : String(value);
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  return JSON.stringify(value);
}

/** The default of an option, as it is written in a configuration; undefined where there is none. */
export function defaultBy(schema: z.ZodType): string | undefined {
  const {default: value} = jsonOf(schema);
  return value === undefined ? undefined : literal(value);
}
