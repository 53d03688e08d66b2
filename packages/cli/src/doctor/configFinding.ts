import {isRifeError, messageOf} from '@rife-train/errors';
import {loadConfig} from '../config/loadConfig.js';
import type {Finding} from './finding.js';

/** Is there a configuration, and is it right? None is fine unless one was named. */
export async function configFinding(cwd: string, named?: string): Promise<Finding> {
  try {
    const {path, config} = await loadConfig(cwd, named);
    const plugins = (config.plugins ?? []).map(plugin => plugin.name).join(', ') || 'no plugins';
    return {verdict: 'ok', name: 'config', text: `${path} (${plugins})`};
  } catch (error) {
    const missing = isRifeError(error) && error.code === 'RIFE_ERR_CLI_CONFIG_MISSING';
    if (missing) return {verdict: 'note', name: 'config', text: `no rife.config.* in ${cwd}`};
    return {verdict: 'bad', name: 'config', text: messageOf(error)};
  }
}
