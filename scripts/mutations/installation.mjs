/** Mutations of the installer: what is trusted, and when one may begin. */
import {oneEditIn} from './mutation.mjs';

const mutation = oneEditIn('packages/engine/src/runtime');
const tests = (name, file) => ({name, files: [`packages/engine/src/runtime/__tests__/${file}.test.ts`]});

export const INSTALLATION_MUTATIONS = [
  mutation(
    'install/sum',
    'sums',
    'a download of any content is taken',
    'if (sum === expected) return;',
    "if (sum !== '') return;",
    tests('with the sum of what was published', 'resume'),
  ),
  mutation(
    'install/own-wheel',
    'pip',
    'the engines share the folder of their wheels',
    'join(downloadsFolder(settings), settings.key)',
    'downloadsFolder(settings)',
    tests('hands off the wheel of the other', 'resume'),
  ),
  mutation(
    'install/clock',
    'lock',
    'the lock of a dead process holds until its time of day has passed',
    'performance.now() - sinceMs > staleMs)',
    'performance.now() - sinceMs > 1e9 * staleMs)',
    tests('although the clock was set back since', 'lock'),
  ),
  mutation(
    'gpu/environment',
    'gpu',
    'what the user has set for a GPU is overwritten',
    'if (given !== undefined) return',
    'if (false) return',
    tests('stays', 'gpu'),
  ),
  mutation(
    'gpu/configuration',
    'bindingSource',
    'a session is loaded without its configuration',
    'TF_SetConfig(session_options, config.data(), config.size(), config_status.status);',
    '',
    tests('our changes', 'install'),
  ),
];
