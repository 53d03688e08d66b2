/** Graphs without running them: `@rife-train/engine/graph`, for exports. */
export {DT, GraphDef, type Attr, type Attrs} from './capture/graphDef.js';
export {
  recordEntry,
  type RecordedGraph,
  type RecordedNode,
  type RecordOptions,
} from './capture/recordedGraph.js';
