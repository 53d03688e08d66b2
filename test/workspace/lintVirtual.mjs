// Lints source texts that exist only in memory, by the workspace's real configuration. Runs outside
// jest, whose module sandbox can't import eslint.config.mjs. stdin: [{file, code}], stdout: for
// each the messages as `<rule>: <text>`.
import {ESLint} from 'eslint';
import {text} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';

const eslint = new ESLint({
  cwd: fileURLToPath(new URL('../..', import.meta.url)),
  // Type-aware rules need files that exist; they are not what is tested here.
  overrideConfig: {
    languageOptions: {parserOptions: {project: null}},
    rules: {
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/no-unused-vars': 'off',
      'no-unused-vars': 'off',
      '@typescript-eslint/no-require-imports': 'off',
    },
  },
});
const results = [];
for (const {file, code} of JSON.parse(await text(process.stdin))) {
  const [result] = await eslint.lintText(code, {filePath: file});
  results.push(result.messages.map(message => `${message.ruleId}: ${message.message}`));
}
process.stdout.write(JSON.stringify(results));
