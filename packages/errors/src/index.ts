/**
 * Every error of rife-train, grouped by part. Each function is named after the problem and returns
 * a {@link RifeError}, which the caller throws. All messages are written here.
 */
export {RifeError, isRifeError, messageOf, restoreError, stackOf, type RifeErrorInit} from './rifeError.js';
export {ERROR_CODES, ERROR_EXIT} from './codes.js';
export * from './core.js';
export * from './plugins.js';
export * from './taps.js';
export * from './data.js';
export {videoReason} from './video.js';
export * from './dataBuild.js';
export * from './dataFind.js';
export * from './dataPack.js';
export * from './engine.js';
export * from './engineOps.js';
export * from './engineGraph.js';
export * from './model.js';
export * from './weights.js';
export * from './predict.js';
export * from './parallel.js';
export * from './cli.js';
export * from './compare.js';
export * from './create.js';
export * from './export.js';
export * from './evaluate.js';
export {escapeHtml, plural, printable, printableLines} from './printable.js';
export * from './interpolate.js';
export {installCommands, isOwnPackage, ON_NPM} from './route.js';
