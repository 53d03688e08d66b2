import * as z from 'zod';
import {parseOptions} from '../config/parseOptions.js';

const schema = z.strictObject({
  maxNorm: z.number().positive().default(1),
  schedule: z.strictObject({over: z.tuple([z.number(), z.number()])}).optional(),
});
const refusal = (options: unknown) => {
  try {
    parseOptions('a:b', schema, options);
  } catch (error) {
    return error as {code: string; plugin: string; message: string};
  }
  throw new Error('was accepted');
};

test('defaults are filled in', () => {
  expect(parseOptions('a:b', schema, {})).toEqual({maxNorm: 1});
});

test.each<[string, unknown, RegExp]>([
  ['a wrong type', {maxNorm: 'x'}, /option "maxNorm" is "x"\. .*expected number/],
  ['a wrong value', {maxNorm: 0}, /option "maxNorm" is 0\. .*>0/],
  ['an inner one', {schedule: {over: [0, 'x']}}, /option "schedule\.over\.1" is "x"/],
  ['an unknown one', {maxNrom: 1}, /has no option "maxNrom"\. Did you mean "maxNorm"\?/],
  [
    'an unknown inner one',
    {schedule: {over: [0, 1], ovr: 1}},
    /"schedule\.ovr"\. Did you mean "schedule\.over"\?/,
  ],
  ['one that resembles none', {xyz: 1}, /has no option "xyz"\. Options here are maxNorm, schedule/],
  ['no object', 3, /its options are 3/],
])('%s is refused with its path', (_, options, message) => {
  const error = refusal(options);
  expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN_OPTION', plugin: 'a:b'});
  expect(error.message).toMatch(message);
});

test('all that is wrong is reported at once', () => {
  const {code, message} = refusal({maxNrom: 1, maxNorm: 0, schedule: 3});
  expect(code).toBe('RIFE_ERR_PLUGIN_OPTION');
  expect(message).toContain('3 of its options are wrong');
  for (const part of ['option "maxNorm" is 0', 'option "schedule" is 3', 'Did you mean "maxNorm"?'])
    expect(message).toContain(part);
});

test('names are found in unions, and under optional and default', () => {
  const union = z.strictObject({
    by: z.union([z.literal(false), z.strictObject({size: z.number().optional()})]).optional(),
  });
  expect(() => parseOptions('a:b', z.strictObject({in: union.default({})}), {in: {bi: 1}})).toThrow(
    'Did you mean "in.by"?',
  );
});

test('an asynchronous schema is a mistake of the author', () => {
  const late = z.string().refine(async () => true);
  expect(() => parseOptions('a:b', late, 'x')).toThrow(/asynchronous|async/);
});
