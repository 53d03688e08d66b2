import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {RifeError} from '@rife-train/errors';
import {EXIT, EXIT_HELP, exitCodeOf} from '../exitCodes.js';

const withCode = (code: string) => new RifeError({code, part: 'x', what: 'x', fix: 'x'});

test.each([
  ['RIFE_ERR_CLI_USAGE', EXIT.usage],
  ['RIFE_ERR_CONFIG_VALUE', EXIT.usage],
  ['RIFE_ERR_PLUGIN_OPTION', EXIT.usage],
  ['RIFE_ERR_ENGINE_NO_PYTHON', EXIT.environment],
  ['RIFE_ERR_ENGINE_DEVICE', EXIT.environment],
  ['RIFE_ERR_ENGINE_DEVICE_NAME', EXIT.usage],
  ['RIFE_ERR_DATA_EMPTY', EXIT.data],
  ['RIFE_ERR_DATA_FFMPEG', EXIT.environment],
  ['RIFE_ERR_CHECKPOINT_MODEL', EXIT.data],
  ['RIFE_ERR_CHECKPOINT_WRITE', EXIT.failed],
  ['RIFE_ERR_DATA_PACK', EXIT.data],
  ['RIFE_ERR_DATA_PACK_WRITE', EXIT.failed],
  ['RIFE_ERR_DATA_PACK_TARGET', EXIT.usage],
  ['RIFE_ERR_DATA_CROP', EXIT.usage],
  ['RIFE_ERR_DATA_CROP_SIZE', EXIT.data],
  ['RIFE_ERR_ENGINE_OP_UNSUPPORTED', EXIT.failed],
  ['RIFE_ERR_MODEL_OPTION', EXIT.usage],
  ['RIFE_ERR_NON_FINITE', EXIT.failed],
  ['RIFE_ERR_INIT_UNUSABLE', EXIT.data],
  ['RIFE_ERR_WEIGHTS_GLOBAL', EXIT.data],
  ['RIFE_ERR_WEIGHTS_WRITE', EXIT.failed],
  ['RIFE_ERR_CLI_WEIGHTS_FOLDER', EXIT.data],
  ['RIFE_ERR_CLI_WEIGHTS_EXISTS', EXIT.usage],
  ['RIFE_ERR_MODEL_CHANNELS', EXIT.data],
  ['RIFE_ERR_PREDICT_SIZES', EXIT.data],
  ['RIFE_ERR_PREDICT_SCALE', EXIT.usage],
  ['RIFE_ERR_PREDICT_PLUGINS', EXIT.usage],
  ['RIFE_ERR_CREATE_EXISTS', EXIT.usage],
  ['RIFE_ERR_MODEL_SCALES', EXIT.usage],
  ['RIFE_ERR_DATA_BUILD_OPTION', EXIT.usage],
  ['RIFE_ERR_DATA_BUILD_INPUT', EXIT.data],
  ['RIFE_ERR_DATA_BUILD_NOTHING', EXIT.failed],
  ['RIFE_ERR_DATA_BUILD_ENCODER', EXIT.environment],
])('%s ends with %i', (code, exit) => expect(exitCodeOf(withCode(code))).toBe(exit));

test('an error of a plugin is one of the configuration, whatever its code', () => {
  const error = new RifeError({
    code: 'RIFE_ERR_ENGINE_OP_UNSUPPORTED',
    part: 'x',
    plugin: 'a:b',
    what: 'x',
    fix: 'x',
  });
  expect(exitCodeOf(error)).toBe(EXIT.usage);
});

test('what has no code is a failure of the run', () => {
  expect(exitCodeOf(new Error('x'))).toBe(EXIT.failed);
  expect(exitCodeOf('text')).toBe(EXIT.failed);
});

test('every exit code is explained by --help and in docs/cli.md', () => {
  expect(EXIT_HELP.map(([code]) => code)).toEqual(Object.values(EXIT));
  const page = readFileSync(join(__dirname, '../../../../docs/cli.md'), 'utf8');
  for (const code of Object.values(EXIT)) expect(page).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'));
});
