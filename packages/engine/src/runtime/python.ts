/** The Python on the PATH: its version, whether it has pip, and the TensorFlow installed in it. */
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {exec} from './exec.js';
import {type Host, which} from './host.js';

export interface PythonTensorflow {
  /** Folder of the package, which holds the libraries. */
  folder: string;
  version: string;
  /** Built with CUDA. */
  gpu: boolean;
}

export interface Python {
  /** Absolute path of the program. */
  program: string;
  version: string;
  hasPip: boolean;
  tensorflow?: PythonTensorflow;
}

// find_spec locates a top-level package without running it: importing TensorFlow takes 5 to 20
// seconds. The first entry of the path is the current folder, where a stray tensorflow/ would be
// found.
const PROBE = `
import sys, json
sys.path = [p for p in sys.path if p]
out = {"version": "%d.%d.%d" % tuple(sys.version_info[:3]), "pip": False}
if sys.version_info[0] >= 3:
    from importlib.util import find_spec
    out["pip"] = find_spec("pip") is not None
    spec = find_spec("tensorflow")
    places = list(spec.submodule_search_locations or []) if spec else []
    if places:
        out["folder"] = places[0]
        try:
            from importlib.metadata import version
            for name in ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tf-nightly"):
                try:
                    out["tensorflow"] = version(name)
                    break
                except Exception:
                    pass
        except ImportError:
            pass
print(json.dumps(out))
`;

/** The first Python 3 among `$RIFE_TRAIN_PYTHON`, or python3 and python. */
export async function findPython(host: Host): Promise<Python | undefined> {
  const asked = host.env['RIFE_TRAIN_PYTHON'];
  for (const name of asked ? [asked] : ['python3', 'python']) {
    const program = which(host.env, name);
    const python = program && (await probe(host, program));
    if (python) return python;
  }
  return undefined;
}

async function probe(host: Host, program: string): Promise<Python | undefined> {
  const {code, stdout} = await exec(program, ['-c', PROBE], {env: host.env, timeoutMs: 30_000});
  if (code !== 0) return undefined;
  const found = parse(stdout);
  if (!found?.version.startsWith('3.')) return undefined;
  const {version, pip: hasPip, folder, tensorflow} = found;
  return {
    program,
    version,
    hasPip,
    ...(folder && {tensorflow: {folder, version: tensorflow ?? 'unknown', gpu: isCudaBuild(folder)}}),
  };
}

interface ProbeOutput {
  version: string;
  pip: boolean;
  folder?: string;
  tensorflow?: string;
}

function parse(stdout: string): ProbeOutput | undefined {
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as ProbeOutput;
  } catch {
    return undefined;
  }
}

function isCudaBuild(folder: string): boolean {
  const info = join(folder, 'python', 'platform', 'build_info.py');
  return existsSync(info) && /is_cuda_build['"]\s*[,:]\s*True/.test(readFileSync(info, 'utf8'));
}
