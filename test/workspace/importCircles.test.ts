/**
 * No circle of imports between files, but for types inside a folder; and core's folders stand on
 * few floors.
 */
import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '../..');
const MOST_FLOORS = 7;

type Graph = Map<string, Set<string>>;

/** Sources of a package, without tests. */
const sourcesIn = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), {withFileTypes: true}).flatMap(entry => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === '__tests__' ? [] : sourcesIn(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });

/** Does an import or export declaration only concern types? */
function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  const clause = ts.isImportDeclaration(node) ? node.importClause : node;
  if (!clause) return false;
  if (clause.isTypeOnly) return true;
  const names = ts.isImportClause(clause) ? clause.namedBindings : clause.exportClause;
  if (ts.isImportClause(clause) && clause.name) return false;
  return (
    names !== undefined &&
    (ts.isNamedImports(names) || ts.isNamedExports(names)) &&
    names.elements.length > 0 &&
    names.elements.every(element => element.isTypeOnly)
  );
}

/** Relative imports of a file: of values, `import()` included, and of types. */
function importsOf(file: string): {values: string[]; types: string[]} {
  const source = ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest);
  const [values, types]: [string[], string[]] = [[], []];
  const add = (specifier: ts.Node | undefined, list: string[]) => {
    if (!specifier || !ts.isStringLiteral(specifier) || !specifier.text.startsWith('.')) return;
    list.push(relative(ROOT, join(ROOT, dirname(file), specifier.text.replace(/\.js$/, '.ts'))));
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node))
      add(node.moduleSpecifier, isTypeOnly(node) ? types : values);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], values);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return {values, types};
}

/** Strongly connected components of more than one node: everything that lies on a circle. */
function circlesOf(graph: Graph): string[][] {
  const reach = (from: string, edges: Graph): Set<string> => {
    const seen = new Set<string>();
    const stack = [from];
    for (let at; (at = stack.pop()) !== undefined;)
      for (const to of edges.get(at) ?? []) if (!seen.has(to)) stack.push((seen.add(to), to));
    return seen;
  };
  const reached = new Map([...graph.keys()].map(node => [node, reach(node, graph)]));
  const onCircle = [...graph.keys()].filter(node => reached.get(node)!.has(node));
  const circles = onCircle.map(node =>
    onCircle.filter(other => reached.get(node)!.has(other) && reached.get(other)!.has(node)).sort(),
  );
  return [...new Map(circles.map(circle => [circle.join(), circle])).values()];
}

const files = readdirSync(join(ROOT, 'packages')).flatMap(name => sourcesIn(`packages/${name}/src`));
const imports = new Map(files.map(file => [file, importsOf(file)]));
const graphOf = (kinds: readonly ('values' | 'types')[]): Graph =>
  new Map(files.map(file => [file, new Set(kinds.flatMap(kind => imports.get(file)![kind]))]));
const values = graphOf(['values']);

test('every relative import is a source that was read', () => {
  expect(files.length).toBeGreaterThan(200);
  const targets = [...imports.values()].flatMap(({values, types}) => [...values, ...types]);
  expect(targets.filter(target => !imports.has(target))).toEqual([]);
});

test('circles are found', () => {
  const graph = (edges: Record<string, string[]>) =>
    new Map(Object.entries(edges).map(([from, to]) => [from, new Set(to)]));
  expect(circlesOf(graph({a: ['b'], b: ['c'], c: ['b'], d: []}))).toEqual([['b', 'c']]);
  expect(circlesOf(graph({a: ['b', 'c'], b: ['c'], c: []}))).toEqual([]);
});

test('no circle of values', () => expect(circlesOf(values)).toEqual([]));

test('no circle of types between folders', () => {
  const isAcross = (circle: readonly string[]) => new Set(circle.map(dirname)).size > 1;
  expect(circlesOf(graphOf(['values', 'types'])).filter(isAcross)).toEqual([]);
});

describe("core's folders", () => {
  const CORE = 'packages/core/src/';
  const roomOf = (file: string) => file.slice(CORE.length).split('/')[0]!;
  const rooms: Graph = new Map();
  for (const [from, targets] of values)
    if (from.startsWith(CORE) && dirname(`${from}`) !== CORE.slice(0, -1))
      for (const to of targets)
        if (roomOf(to) !== roomOf(from))
          rooms.set(roomOf(from), (rooms.get(roomOf(from)) ?? new Set()).add(roomOf(to)));
  for (const to of [...rooms.values()].flatMap(targets => [...targets]))
    if (!rooms.has(to)) rooms.set(to, new Set());

  test('import each other in one direction', () => expect(circlesOf(rooms)).toEqual([]));

  test(`stand on at most ${MOST_FLOORS} floors`, () => {
    const floorOf = (room: string): number => 1 + Math.max(0, ...[...rooms.get(room)!].map(floorOf));
    const floors = [...rooms.keys()].map(room => `${floorOf(room)} ${room}`).sort();
    process.stdout.write(`floors of core: ${floors.join(', ')}\n`);
    expect(Math.max(...[...rooms.keys()].map(floorOf))).toBeLessThanOrEqual(MOST_FLOORS);
  });
});
