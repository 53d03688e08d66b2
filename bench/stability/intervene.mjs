/**
 * Changes to the optimizer's step for which there is no hook: an engine whose programs write a
 * value other than the given one.
 */

/**
 * @param change (variable, value, graph) => value to write; called while the `update` entry is
 *   traced
 * @param observe receives each program
 */
export function intervening(engine, change, observe = () => {}) {
  const rewritten = entry => ({
    ...entry,
    build: graph =>
      entry.build({
        feed: name => graph.feed(name),
        scalar: name => graph.scalar(name),
        read: name => graph.read(name),
        assign: (name, value) => graph.assign(name, change(name, value, graph)),
        assignOnlyIf: condition => graph.assignOnlyIf(condition),
        ...(graph.nodeCount && {nodeCount: () => graph.nodeCount()}),
      }),
  });
  return {
    description: engine.description,
    createProgram(variables) {
      const program = engine.createProgram(variables);
      const define = program.define.bind(program);
      program.define = (name, entry) => define(name, change && name === 'update' ? rewritten(entry) : entry);
      observe(program, variables);
      return program;
    },
  };
}
