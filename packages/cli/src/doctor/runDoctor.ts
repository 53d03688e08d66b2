import {findFfmpeg} from '@rife-train/data';
import {inspectRuntime} from '@rife-train/engine/runtime';
import {EXIT} from '../exitCodes.js';
import type {CommandIo} from '../io.js';
import {configFinding} from './configFinding.js';
import {ffmpegFinding, sharpFinding} from './decoders.js';
import {engineFinding} from './engineFinding.js';
import {conclusion, type Finding, findingText} from './finding.js';
import {gpuFinding} from './gpu.js';
import {diskFinding, nodeFinding, resourcesFinding} from './machine.js';

/** `rife-train doctor`. Looks, and changes nothing. Returns the exit code. */
export async function runDoctor({config}: {config?: string}, {cwd, stdout}: CommandIo): Promise<number> {
  const looks: (() => Finding | Promise<Finding>)[] = [
    () => nodeFinding(),
    () => resourcesFinding(),
    () => diskFinding(cwd),
    () => sharpFinding(),
    () => ffmpegFinding(findFfmpeg),
    () => gpuFinding({cwd, config}),
    () => engineFinding(inspectRuntime),
    () => configFinding(cwd, config),
  ];
  const findings: Finding[] = [];
  for (const look of looks) {
    const finding = await look();
    findings.push(finding);
    stdout.write(`${findingText(finding)}\n`);
  }
  stdout.write(`\n${conclusion(findings)}\n`);
  return exitCodeFor(findings);
}

/** A wrong configuration is no fault of the machine. */
function exitCodeFor(findings: readonly Finding[]): number {
  const bad = findings.filter(({verdict}) => verdict === 'bad');
  if (bad.some(({name}) => name !== 'config')) return EXIT.environment;
  return bad.length > 0 ? EXIT.usage : EXIT.ok;
}
