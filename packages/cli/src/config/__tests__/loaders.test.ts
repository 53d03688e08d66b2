import {loadTypeScript} from '../loaders.js';

test('a folder that cannot be written', async () => {
  await expect(loadTypeScript('/rife-not-there/rife.config.ts', 'export default {};')).rejects.toMatchObject({
    code: 'RIFE_ERR_CLI_CONFIG_READ_ONLY',
    message: expect.stringContaining('write the configuration as rife.config.mjs') as string,
  });
});
