/** Copies the binding's sources for the compiler, with what rife-train needs otherwise put in. */
import {cpSync, existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

const FILE = 'tfjs_backend.cc';

interface Change {
  known: RegExp;
  replacement: string;
  /** What a binding without this change means for its user. */
  without: string;
}

const CHANGES: readonly Change[] = [
  {
    // Every thread that runs an op inserts the names of its attributes into one set without a lock. A
    // set for each thread needs none: whoever keeps a name is an op of the same thread
    // (docs/decisions/0013-threads-and-processes.md).
    known: /^static std::set<std::string> ATTR_NAME_SET;$/m,
    replacement: 'static thread_local std::set<std::string> ATTR_NAME_SET;',
    without: 'do not train with threads, but with processes',
  },
  {
    // ConfigProto{graph_options{place_pruned_graph: true}}: a call takes its part of the graph first, and
    // TensorFlow's optimiser is left out (docs/decisions/0016-no-graph-optimiser.md).
    known: /^ *TF_SessionOptions \*session_options = TF_NewSessionOptions\(\);$/m,
    replacement: `  TF_SessionOptions *session_options = TF_NewSessionOptions();
  TF_AutoStatus config_status;
  TF_SetConfig(session_options, "\\x52\\x02\\x30\\x01", 4, config_status.status);`,
    without: 'the first step of a run and each prediction will start seconds later',
  },
];

/**
 * @param from `binding` of tfjs-node
 * @param to a folder that is to be made
 * @returns what a source means that is not the one that is known: it stays as it is there
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
