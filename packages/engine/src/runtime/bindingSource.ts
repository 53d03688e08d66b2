/** Copies the binding's sources for the compiler, with the changes that rife-train needs. */
import {cpSync, existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

const FILE = 'tfjs_backend.cc';

interface Change {
  known: RegExp;
  replacement: string;
  /** What the user loses if the change can't be made. */
  without: string;
}

const CHANGES: readonly Change[] = [
  {
    // Every thread that runs an op inserts the names of its attributes into one set, without a
    // lock. One set per thread needs no lock: a name is only used by ops of the thread that
    // inserted it (docs/decisions/0013-threads-and-processes.md).
    known: /^static std::set<std::string> ATTR_NAME_SET;$/m,
    replacement: 'static thread_local std::set<std::string> ATTR_NAME_SET;',
    without: 'train with processes, not with threads',
  },
  {
    // ConfigProto{graph_options{place_pruned_graph: true}}: a call first prunes the graph to its
    // own part, and TensorFlow's optimiser is skipped (docs/decisions/0016-no-graph-optimiser.md).
    known: /^ *TF_SessionOptions \*session_options = TF_NewSessionOptions\(\);$/m,
    replacement: `  TF_SessionOptions *session_options = TF_NewSessionOptions();
  TF_AutoStatus config_status;
  TF_SetConfig(session_options, "\\x52\\x02\\x30\\x01", 4, config_status.status);`,
    without: 'the first step of a run and each prediction will start seconds later',
  },
];

/**
 * @param from `binding` of tfjs-node
 * @param to a folder that will be created
 * @returns consequences of sources that differ from the known ones; these stay unchanged
 */
export function copyBindingSource(from: string, to: string): string[] {
  cpSync(from, to, {recursive: true});
  const file = join(to, FILE);
  let source = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const missed = CHANGES.filter(({known}) => !known.test(source)).map(({without}) => without);
  for (const {known, replacement} of CHANGES) source = source.replace(known, replacement);
  if (missed.length < CHANGES.length) writeFileSync(file, source);
  return missed;
}
