import * as z from 'zod';
import {parseOptions} from '../parseOptions.js';

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
  ['an unknown one', {maxNrom: 1}, /its options are \{"maxNrom":1\}\. .*maxNrom/],
  ['no object', 3, /its options are 3/],
])('%s is refused with its path', (_, options, message) => {
  const error = refusal(options);
  expect(error).toMatchObject({code: 'RIFE_ERR_PLUGIN_OPTION', plugin: 'a:b'});
  expect(error.message).toMatch(message);
});

test('an asynchronous schema is a mistake of the author', () => {
  const late = z.string().refine(async () => true);
  expect(() => parseOptions('a:b', late, 'x')).toThrow(/asynchronous|async/);
});
