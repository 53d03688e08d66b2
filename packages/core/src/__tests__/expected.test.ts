import * as z from 'zod';
import {defaultBy, expectedBy} from '../config/expected.js';

test.each<[z.ZodType, string]>([
  [z.int(), 'a whole number'],
  [z.int().gte(1), 'a whole number of at least 1'],
  [z.int().gte(1).lte(64).default(2), 'a whole number from 1 to 64'],
  [z.number().positive().optional(), 'a number above 0'],
  [z.number().gt(0).lte(1), 'a number above 0, up to 1'],
  [z.number().gt(0).lt(1), 'a number above 0 and below 1'],
  [z.number().gte(0).lt(1), 'a number from 0 to below 1'],
  [z.number().lte(3), 'a number up to 3'],
  [z.boolean(), 'true or false'],
  [z.string(), 'a text'],
  [z.enum(['a', 'b', 'c']), '"a", "b" or "c"'],
  [z.union([z.literal(false), z.enum(['a', 'b'])]), 'false, "a" or "b"'],
  [z.array(z.int().gte(1)), 'a list, each a whole number of at least 1'],
  [z.tuple([z.int(), z.boolean()]), '[a whole number, true or false]'],
  [z.strictObject({from: z.int(), to: z.int()}), '{from, to}'],
  [z.custom(() => true), ''],
])('values, case %#', (schema, words) => expect(expectedBy(schema)).toBe(words));

test.each<[z.ZodType, string | undefined]>([
  [z.number().default(3e-4), '3e-4'],
  [z.number().default(0.1), '0.1'],
  [z.number().default(0), '0'],
  [z.string().default('raw'), "'raw'"],
  [z.array(z.number()).default([0.9, 1e-3]), '[0.9, 1e-3]'],
  [z.boolean().default(false), 'false'],
  [z.number(), undefined],
])('defaults, case %#', (schema, text) => expect(defaultBy(schema)).toBe(text));
