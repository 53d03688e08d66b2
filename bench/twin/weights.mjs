/**
 * Our side of weights.py: what we read, as JSON, and files in any format.
 *
 *     node bench/twin/weights.mjs read FILE...            one line per file, see below
 *     node bench/twin/weights.mjs convert FROM TO FORMAT  zip, legacy or safetensors
 *
 * The line of a file is {tensors: [[name, dtype, shape, crc32]...]} or {code}.
 */
import '../../scripts/freshDist.mjs';
import {crc32} from 'node:zlib';
import {readWeights, stripPrefix, writeWeights} from '@rife-train/model/weights';

async function describe(file) {
  try {
    const {format, tensors, metadata} = await readWeights(file);
    const rows = [...tensors].map(([name, {dtype, shape, bytes}]) => [name, dtype, shape, crc32(bytes)]);
    return {format, metadata, tensors: rows};
  } catch (error) {
    return {code: error.code ?? String(error), message: error.message};
  }
}

async function convert(from, to, format) {
  const {tensors} = await readWeights(from);
  await writeWeights(to, stripPrefix(tensors).tensors, {format});
}

const [command, ...args] = process.argv.slice(2);
if (command === 'read') for (const file of args) console.log(JSON.stringify(await describe(file)));
else if (command === 'convert') await convert(...args);
else throw new Error(`unknown command "${command}"`);
