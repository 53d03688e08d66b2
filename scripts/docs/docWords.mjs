/**
 * What doc comments say of the options of plugins: their schemas say which values there are, not
 * what for.
 */
import {fileURLToPath} from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The factory of a plugin: the exported function that returns a RifePlugin. */
function factoryOf(checker, source) {
  for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(source))) {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const declaration = target.valueDeclaration;
    if (!declaration || !ts.isFunctionDeclaration(declaration)) continue;
    const [signature] = checker.getTypeOfSymbol(target).getCallSignatures();
    const isFactory = checker.typeToString(signature.getReturnType()) === 'RifePlugin';
    if (isFactory) return {name: symbol.name, options: checker.getTypeAtLocation(declaration.parameters[0])};
  }
  throw new Error(`${source.fileName} exports no factory of a plugin`);
}

const partsOf = type => (type.isUnionOrIntersection() ? type.types.flatMap(partsOf) : [type]);

/** Symbols of an option, one for each type of a union that has it. */
function symbolsAt(checker, types, [name, ...rest]) {
  const symbols = types.map(type => type.getProperty(name)).filter(symbol => symbol !== undefined);
  if (rest.length === 0) return symbols;
  return symbolsAt(
    checker,
    symbols.flatMap(symbol => partsOf(checker.getTypeOfSymbol(symbol))),
    rest,
  );
}

/** Words, type and default of an option; its words may be those of its type. */
function describe(checker, symbols) {
  const textOf = symbol => ts.displayPartsToString(symbol?.getDocumentationComment(checker) ?? []);
  const types = symbols.flatMap(symbol => partsOf(checker.getTypeOfSymbol(symbol)));
  const owners = types.flatMap(type => [type.aliasSymbol, type.symbol]);
  const isOurs = owner =>
    owner?.declarations?.every(node => !/node_modules/.test(node.getSourceFile().fileName));
  const words = [...symbols, ...owners.filter(isOurs)].map(textOf).find(text => text !== '');
  const byDefault = symbols
    .flatMap(symbol => symbol.getJsDocTags(checker))
    .find(({name}) => name === 'default');
  return {
    words: words?.replace(/\s+/g, ' '),
    type:
      symbols[0] && checker.typeToString(checker.getTypeOfSymbol(symbols[0])).replace(/ \| undefined$/, ''),
    byDefault: byDefault && ts.displayPartsToString(byDefault.text).replace(/\s+/g, ' '),
  };
}

/**
 * For each package: name of the factory, and a function that describes an option.
 * @param packages folders below `packages`
 */
export function readDocWords(packages) {
  const files = packages.map(folder => `${ROOT}packages/${folder}/src/index.ts`);
  const {config} = ts.readConfigFile(`${ROOT}tsconfig.base.json`, ts.sys.readFile);
  const {options} = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const program = ts.createProgram(files, {...options, noEmit: true, composite: false});
  const checker = program.getTypeChecker();
  return files.map(file => {
    const {name, options: type} = factoryOf(checker, program.getSourceFile(file));
    return {
      factory: name,
      /** @param [branch] number of the schema in a union of such; the types are in its order */
      at(path, branch) {
        const types = branch === undefined ? partsOf(type) : [partsOf(type)[branch]];
        return describe(checker, symbolsAt(checker, types, path.split('.')));
      },
    };
  });
}
