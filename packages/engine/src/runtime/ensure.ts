/** Goes through the candidates, to find a location to load from or to make a report. */
import {engineNotInstalledError, messageOf} from '@rife-train/errors';
import {brokenCache, CANDIDATES, type CandidateReport, type Finding, type Ready} from './candidates.js';
import {checkNode, type Host, thisHost} from './host.js';
import {readSettings, type Settings} from './settings.js';
import {ensureTfjsNode, findTfjsNode, type TfjsNode} from './tfjsNode.js';

export interface RuntimeOptions {
  /** Receives progress, one line at a time. @default lines on stderr */
  log?: (line: string) => void;
  /**
   * Receives the current state of a download several times a second, for a line that is redrawn.
   * @default an occasional line to `log`
   */
  progress?: (state: string) => void;
  /** May download and compile; otherwise only what is ready is used. @default true */
  allowInstall?: boolean;
}

/** All that is needed to load the runtime. */
export interface RuntimeLocation extends Ready {
  /** tfjs-node whose JavaScript is loaded with the binding. */
  tfjsNode: TfjsNode;
}

/**
 * Finds TensorFlow, or installs it into the cache (docs/engine.md has the order and the variables).
 * @throws RIFE_ERR_ENGINE_*, described in docs/errors/engine.md
 */
export async function ensureRuntime(options: RuntimeOptions = {}): Promise<RuntimeLocation> {
  return ensureOn(thisHost(process.env, options.log, options.progress), options.allowInstall ?? true);
}

/** {@link ensureRuntime} for a given machine, which tests may invent. */
export async function ensureOn(host: Host, allowInstall: boolean): Promise<RuntimeLocation> {
  checkNode(host);
  const settings = readSettings(host);
  const reports: CandidateReport[] = [];
  for (const look of CANDIDATES) {
    const found = await look(host, settings, false);
    if (found.error) throw found.error;
    const ready = found.ready ?? (allowInstall ? await built(host, found) : undefined);
    if (ready) return {...ready, tfjsNode: await tfjsNodeFor(host, settings, allowInstall)};
    reports.push(found.report);
  }
  throw (
    brokenCache(reports) ??
    engineNotInstalledError(reports.map(({name, detail}) => `${name}: ${detail}`).join('; '))
  );
}

/**
 * If a Python's TensorFlow does not compile or load, the search continues: the wheel is still to
 * come.
 */
async function built(host: Host, {build, report}: Finding): Promise<Ready | undefined> {
  if (!build) return undefined;
  host.log(build.todo);
  if (report.name !== 'python') return build.run();
  try {
    return await build.run();
  } catch (error) {
    host.log(`the TensorFlow in ${report.path} can't be used: ${messageOf(error)}`);
    return undefined;
  }
}

async function tfjsNodeFor(host: Host, settings: Settings, allowInstall: boolean): Promise<TfjsNode> {
  if (allowInstall) return ensureTfjsNode(host, settings);
  const found = findTfjsNode(host, settings);
  if (!found) throw engineNotInstalledError(`@tensorflow/tfjs-node ${settings.tfjsNode} is missing`);
  return found;
}

/**
 * What {@link ensureRuntime} would have to do, in words; undefined if nothing. Installs nothing.
 */
export async function planRuntime(): Promise<string | undefined> {
  return planOn(thisHost());
}

/** {@link planRuntime} for a given machine, which tests may invent. */
export async function planOn(host: Host): Promise<string | undefined> {
  checkNode(host);
  const settings = readSettings(host);
  for (const look of CANDIDATES) {
    const {error, ready, build} = await look(host, settings, false);
    if (error) throw error;
    if (build) return build.todo;
    if (ready) return findTfjsNode(host, settings) ? undefined : `tfjs-node ${settings.tfjsNode} (to fetch)`;
  }
  return undefined;
}

/** Checks every candidate, loading each binding in a process of its own. Installs nothing. */
export async function inspectRuntime(): Promise<CandidateReport[]> {
  return inspectOn(thisHost());
}

/** {@link inspectRuntime} for a given machine, which tests may invent. */
export async function inspectOn(host: Host): Promise<CandidateReport[]> {
  const settings = readSettings(host);
  const tfjsNode = findTfjsNode(host, settings)?.version;
  const reports: CandidateReport[] = [];
  for (const look of CANDIDATES) {
    const {report} = await look(host, settings, true);
    const taken = reports.some(({status}) => status === 'found');
    const rest = {...(tfjsNode && {versions: {...report.versions, tfjsNode}})};
    // The wheel is what will be installed if nothing else is found.
    const status = taken && (report.status === 'found' || report.name === 'wheel') ? 'unused' : report.status;
    reports.push({...report, ...rest, status});
  }
  return reports;
}
