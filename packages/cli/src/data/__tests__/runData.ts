/** `rife-train data ...` as a user calls it, in this process. */
import {main} from '../../program.js';

export async function runData(cwd: string, ...argv: string[]) {
  const texts = {out: '', err: ''};
  const code = await main(['data', ...argv], {
    cwd,
    stdout: {write: text => (texts.out += text)},
    stderr: {write: text => (texts.err += text)},
  });
  return {code, ...texts};
}
