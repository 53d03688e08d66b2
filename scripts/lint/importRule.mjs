/** The lint rule `rife/imports`: checks every import against the table in importTable.mjs. */
import {isBuiltin} from 'node:module';
import {dirname, join, relative, resolve, sep} from 'node:path';
import {ALWAYS, covers, IN_TESTS, rowOf} from './importTable.mjs';
import {declaredNames, packageName, PACKAGES, ROOT} from './packages.mjs';

const messages = {
  forbidden:
    'packages/{{folder}} may not import "{{specifier}}". It may import {{allowed}} (scripts/lint/importTable.mjs).',
  typesOnly: 'packages/{{folder}} may import only types from "{{specifier}}": write `import type`.',
  lazyOnly:
    'packages/{{folder}} may load "{{specifier}}" only inside a function, by `import()` or `require()`.',
  deep: '"{{specifier}}" is not an entry point of {{name}}. It offers {{entries}}.',
  leaves: 'The path "{{specifier}}" leads out of {{home}}. Import the other package by its name.',
  undeclared:
    '"{{name}}" is not in the dependencies or peerDependencies of packages/{{folder}}/package.json.',
  noRow: 'packages/{{folder}} has no row in scripts/lint/importTable.mjs. Add one.',
};

/** Place of a file: its package, or the top-level folder if it is in none. */
function placeOf(filename) {
  const parts = relative(ROOT, filename).split(sep);
  const inPackage = parts[0] === 'packages' && parts.length > 2;
  const home = inPackage ? join('packages', parts[1]) : parts[0];
  return {folder: inPackage ? parts[1] : undefined, home, isTest: parts.includes('__tests__')};
}

function checkRelative(filename, place, {specifier}) {
  const target = relative(ROOT, resolve(dirname(filename), specifier));
  const inside = target === place.home || target.startsWith(place.home + sep);
  const intoPackage = target.startsWith(`packages${sep}`);
  const leaves = place.folder === undefined ? intoPackage : !inside;
  return leaves ? {messageId: 'leaves', data: {specifier, home: place.home}} : undefined;
}

function checkEntryPoint({specifier}) {
  const name = packageName(specifier);
  const known = PACKAGES.find(p => p.manifest.name === name);
  if (!known || known.entries.includes(specifier)) return undefined;
  return {messageId: 'deep', data: {specifier, name, entries: known.entries.join(', ')}};
}

function checkTable(place, row, {specifier, isType, isLazy}) {
  const {allow = [], types = [], lazy = [], never = []} = row;
  const data = {
    folder: place.folder,
    specifier,
    allowed: [...ALWAYS, ...allow, ...types, ...lazy].join(', '),
  };
  const listed = list => list.some(entry => covers(entry, specifier));
  if (listed(ALWAYS) || (place.isTest && listed(IN_TESTS))) return undefined;
  if (listed(never)) return {messageId: 'forbidden', data};
  if (listed(allow)) return undefined;
  if (listed(types)) return isType ? undefined : {messageId: 'typesOnly', data};
  if (listed(lazy)) return isType || isLazy || place.isTest ? undefined : {messageId: 'lazyOnly', data};
  return {messageId: 'forbidden', data};
}

function checkDeclared(place, {specifier}) {
  const manifest = PACKAGES.find(p => p.folder === place.folder)?.manifest;
  const name = packageName(specifier);
  if (!manifest || place.isTest || name === manifest.name || declaredNames(manifest).has(name))
    return undefined;
  return {messageId: 'undeclared', data: {name, folder: place.folder}};
}

/** The first thing that is wrong with an import, or undefined. */
function check(filename, place, found) {
  if (isBuiltin(found.specifier)) return undefined;
  if (found.specifier.startsWith('.')) return checkRelative(filename, place, found);
  const deep = checkEntryPoint(found);
  if (deep || place.folder === undefined) return deep;
  const row = rowOf(place.folder);
  if (!row) return {messageId: 'noRow', data: {folder: place.folder}};
  return checkTable(place, row, found) ?? checkDeclared(place, found);
}

const isFunction = node => /Function/.test(node.type);
const literal = node => (node?.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined);
/** `require(...)` and `require.resolve(...)`. */
const isRequire = callee => (callee.type === 'MemberExpression' ? callee.object : callee).name === 'require';

function create(context) {
  const place = placeOf(context.filename);
  const report = (node, specifier, {isType = false, isLazy = false} = {}) => {
    const wrong =
      specifier === undefined ? undefined : check(context.filename, place, {specifier, isType, isLazy});
    if (wrong) context.report({node, ...wrong});
  };
  const inFunction = node => context.sourceCode.getAncestors(node).some(isFunction);
  return {
    ImportDeclaration: node => report(node, node.source.value, {isType: node.importKind === 'type'}),
    ExportNamedDeclaration: node => report(node, node.source?.value, {isType: node.exportKind === 'type'}),
    ExportAllDeclaration: node => report(node, node.source.value, {isType: node.exportKind === 'type'}),
    ImportExpression: node => report(node, literal(node.source), {isLazy: inFunction(node)}),
    TSImportType: node => report(node, literal(node.source ?? node.argument?.literal), {isType: true}),
    TSExternalModuleReference: node => report(node, literal(node.expression)),
    CallExpression: node =>
      isRequire(node.callee) && report(node, literal(node.arguments[0]), {isLazy: inFunction(node)}),
  };
}

export const importRule = {meta: {type: 'problem', schema: [], messages}, create};
