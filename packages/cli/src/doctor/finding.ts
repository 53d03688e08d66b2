/** `bad` keeps this machine from training; `note` does not, but the reader should know. */
export type Verdict = 'ok' | 'note' | 'bad';

/** One thing that doctor checked. */
export interface Finding {
  verdict: Verdict;
  /** `node`, `engine`, `ffmpeg` ... */
  name: string;
  /** What was found. */
  text: string;
  /** More, line by line: candidates, and what to do. */
  details?: readonly string[];
}

const MARKS: Record<Verdict, string> = {ok: 'ok  ', note: 'note', bad: 'BAD '};

/** Findings as text, one a line, details below. */
export function findingText({verdict, name, text, details = []}: Finding): string {
  const lines = details.flatMap(detail => detail.split('\n')).map(line => `                  ${line}`);
  return [`${MARKS[verdict]}  ${name.padEnd(10)}  ${text}`, ...lines].join('\n');
}

/** The last line of doctor. */
export function conclusion(findings: readonly Finding[]): string {
  const bad = findings.filter(({verdict}) => verdict === 'bad').map(({name}) => name);
  return bad.length === 0 ? 'This machine can train.' : `Not ready: see ${bad.join(', ')}.`;
}
