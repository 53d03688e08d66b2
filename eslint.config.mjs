import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import {commentRule} from './scripts/lint/commentRule.mjs';
import {importRule} from './scripts/lint/importRule.mjs';

const TESTS = ['**/__tests__/**', 'test/**'];
const NODE_GLOBALS = [
  'process',
  'console',
  'URL',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'AbortController',
  'AbortSignal',
];
const GLOBALS = Object.fromEntries(
  [...NODE_GLOBALS, 'Buffer', 'performance', 'fetch'].map(name => [name, 'readonly']),
);
const BROWSER_GLOBALS = Object.fromEntries(
  ['document', 'ImageData', 'OffscreenCanvas', 'createImageBitmap'].map(name => [name, 'readonly']),
);

export default tseslint.config(
  {ignores: ['**/dist/', '**/fixtures/', 'runs/', '**/runs/', 'coverage/', '.nx/', '.cache/', '**/*.d.ts']},
  {linterOptions: {reportUnusedDisableDirectives: 'error'}},
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: {
      parserOptions: {project: './tsconfig.tests.json', tsconfigRootDir: import.meta.dirname},
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'PrivateIdentifier',
          message: 'Write `private`, as everywhere: one kind of private member.',
        },
      ],
      '@typescript-eslint/no-unused-vars': ['error', {argsIgnorePattern: '^_', varsIgnorePattern: '^_'}],
    },
  },
  {files: ['**/*.{js,mjs}'], languageOptions: {globals: GLOBALS}},
  {files: ['packages/export/web/**'], languageOptions: {globals: BROWSER_GLOBALS}},
  {
    plugins: {rife: {rules: {imports: importRule, 'comment-width': commentRule}}},
    rules: {
      'rife/imports': 'error',
      'rife/comment-width': ['error', 100],
      'max-lines': ['error', {max: 300, skipBlankLines: false, skipComments: false}],
      'max-lines-per-function': ['error', {max: 60, skipBlankLines: false, skipComments: false}],
      // Colours of a terminal are control characters.
      'no-control-regex': 'off',
      'prefer-const': 'error',
      eqeqeq: ['error', 'always', {null: 'ignore'}],
    },
  },
  {files: TESTS, rules: {'max-lines-per-function': 'off'}},
);
