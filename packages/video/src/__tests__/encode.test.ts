import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {startEncoder} from '../pipe/encode.js';

const folder = mkdtempSync(join(tmpdir(), 'rife-encode-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

const args = (codec: string, file: string) => [
  ...['-y', '-v', 'error', '-f', 'rawvideo', '-pix_fmt', 'bgr24', '-s', '64x48', '-r', '25', '-i', 'pipe:0'],
  ...['-c:v', codec, join(folder, file)],
];
const FRAME = new Uint8Array(64 * 48 * 3);

test('a file is whole when finish resolves; one frame may always wait', async () => {
  const encoder = await startEncoder(args('ffv1', 'a.mkv'), 0);
  for (let i = 0; i < 20; i++) await encoder.write(FRAME);
  await encoder.finish();
  expect(existsSync(join(folder, 'a.mkv'))).toBe(true);
});

test('an encoder that fails is an error, and no frame waits for it for ever', async () => {
  const encoder = await startEncoder(args('nothing', 'b.mkv'), 0);
  const writing = async () => {
    for (let i = 0; i < 1000; i++) await encoder.write(FRAME);
    await encoder.finish();
  };
  await expect(writing()).rejects.toMatchObject({
    code: 'RIFE_ERR_INTERPOLATE_ENCODER',
    message: expect.stringMatching(/Unknown encoder 'nothing'/),
  });
});
