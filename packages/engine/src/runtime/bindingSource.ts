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

/** Of what the changes use. */
const INCLUDES = '#include <fstream>\n#include <iterator>\n';

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
    // The ConfigProto of a session is in the folder of its graph: capture/sessionConfig.ts.
    known: /^ *const char \*export_dir = export_dir_string\.c_str\(\);$/m,
    replacement: `  const char *export_dir = export_dir_string.c_str();
  std::ifstream config_file(export_dir_string + "/session_config.pb", std::ios::binary);
  const std::string config((std::istreambuf_iterator<char>(config_file)), {});
  TF_AutoStatus config_status;
  TF_SetConfig(session_options, config.data(), config.size(), config_status.status);`,
    without:
      'the first step of a run and each prediction will start seconds later, and gpu.layout has no effect',
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
  source = `${INCLUDES}${source}`;
  if (missed.length < CHANGES.length) writeFileSync(file, source);
  return missed;
}
