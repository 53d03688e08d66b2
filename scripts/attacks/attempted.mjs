/** The process of one attack: `node attempted.mjs <file> <name>`. Sends `{result, seen}`. */
import {pathToFileURL} from 'node:url';
import {toolsFor} from './tools.mjs';

const [file, name] = process.argv.slice(2);
const {attacks} = await import(pathToFileURL(file).href);
const tools = toolsFor();
let answer;
try {
  answer = {result: 'held', seen: await attacks.find(attack => attack.name === name).run(tools)};
} catch (error) {
  answer = {result: 'SUCCEEDED', seen: error?.message ?? String(error)};
} finally {
  tools.cleanUp();
}
process.send(answer, () => process.exit());
