#!/usr/bin/env node
// tfjs-node 4.22 calls util.isNullOrUndefined, which is gone from Node 23; older Nodes lack what
// our dependencies use.
const [major, minor] = process.versions.node.split('.').map(Number);
const supported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12);
if (!supported) {
  console.error(
    `rife-train needs Node 20 (20.19 or newer) or Node 22 (22.12 or newer), but this is ${process.version}.`,
  );
  process.exit(3);
}
const {main} = await import('../dist/program.js');
const {endProcess} = await import('../dist/endProcess.js');
await endProcess(await main(process.argv.slice(2)));
