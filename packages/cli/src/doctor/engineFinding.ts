import type {CandidateReport} from '@rife-train/engine';
import {messageOf} from '@rife-train/errors';
import type {Finding} from './finding.js';

const versionsOf = ({versions = {}}: CandidateReport) =>
  Object.entries(versions)
    .map(([name, version]) => ` ${name} ${version}`)
    .join(',');

/** One line a candidate: what was found there, and why it is used or not. */
function candidateLine(report: CandidateReport): string {
  const {name, status, detail, path, hint} = report;
  const line = `${status === 'found' ? '*' : '-'} ${name}: ${status}, ${detail}${versionsOf(report)}`;
  return [line, path && `    ${path}`, hint && `    ${hint}`]
    .filter(text => typeof text === 'string')
    .join('\n');
}

/**
 * Every place where TensorFlow may come from, and which one is used. The wheel is no TensorFlow
 * yet, but is installed at the first run.
 */
export async function engineFinding(inspect: () => Promise<CandidateReport[]>): Promise<Finding> {
  try {
    const reports = await inspect();
    const used = reports.find(({status}) => status === 'found');
    return {
      verdict: used ? (used.name === 'wheel' ? 'note' : 'ok') : 'bad',
      name: 'engine',
      text: used ? usedText(used) : 'no TensorFlow, and it cannot be installed',
      details: reports.map(candidateLine),
    };
  } catch (error) {
    return {verdict: 'bad', name: 'engine', text: messageOf(error)};
  }
}

const usedText = ({name, versions}: CandidateReport) =>
  name === 'wheel'
    ? 'will be installed at the first run'
    : `TensorFlow ${versions?.tensorflow ?? ''} (${name})`.replace('  ', ' ');
