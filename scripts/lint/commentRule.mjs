/**
 * The lint rule `rife/comment-width`: comment lines end at column 100, where a reader can follow
 * them. Lines with a URL, rows of a table, and directives of tools may be longer.
 */
const DIRECTIVE = /^\s*(?:eslint|@ts-|prettier-|istanbul|c8 |global )/;
const EXEMPT = /https?:\/\/|^\s*(?:\*|\/\/)\s*\|/;

const messages = {
  wide: 'This comment line has {{length}} columns. Wrap it at {{width}}.',
};

/** Numbers of the lines of a comment that are too long, counted from 1. */
function wideLines({type, value, loc}, lines, width) {
  if (type === 'Shebang' || DIRECTIVE.test(value)) return [];
  const {start, end} = loc;
  return Array.from({length: end.line - start.line + 1}, (_, i) => start.line + i).filter(number => {
    const line = lines[number - 1];
    // Code may follow a block comment on its last line; the comment alone counts.
    const length = number === end.line ? end.column : line.length;
    return length > width && !EXEMPT.test(line);
  });
}

function create(context) {
  const {sourceCode} = context;
  const [width = 100] = context.options;
  const report = number => {
    const {length} = sourceCode.lines[number - 1];
    const loc = {start: {line: number, column: width}, end: {line: number, column: length}};
    context.report({loc, messageId: 'wide', data: {length, width}});
  };
  return {
    Program() {
      const comments = sourceCode.getAllComments();
      comments.flatMap(comment => wideLines(comment, sourceCode.lines, width)).forEach(report);
    },
  };
}

export const commentRule = {
  meta: {type: 'layout', schema: [{type: 'integer', minimum: 40}], messages},
  create,
};
