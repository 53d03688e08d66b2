/** Mutations of native/rifeOps.cc. Each is compiled into a binding of its own. */
import {ownKernels} from './tests.mjs';

const kernel = (id, what, find, replace, name) => ({
  id: `kernel/${id}`,
  file: 'packages/engine/native/rifeOps.cc',
  what,
  edits: [[find, replace]],
  tests: ownKernels(name),
  native: true,
});

export const KERNEL_MUTATIONS = [
  kernel(
    'prelu-slope',
    'RifePreluGrad: positive inputs count for the slope too',
    'dSlope[c] += positive ? 0.f : dy[c] * x[c];',
    'dSlope[c] += dy[c] * x[c];',
    'slope gradient',
  ),
  kernel(
    'warp-border',
    'RifeWarpFlowGrad: a gradient to positions beyond the border',
    'dx * (cell.x.inside ? 1.f : 0.f)',
    'dx * 1.f',
    'warp with a flow',
  ),
  kernel(
    'warp-scatter',
    'RifeWarpImageGrad: above right and below left change places',
    'p[c + channels] += right - belowRight;\n        p[c + below] += belowLeft;',
    'p[c + below] += right - belowRight;\n        p[c + channels] += belowLeft;',
    'warp with a flow',
  ),
  kernel(
    'warp-nan',
    'RifeWarp: a NaN of the flow becomes a position',
    'return {first, clipped - static_cast<float>(first), ',
    'return {first, clipped == clipped ? clipped - static_cast<float>(first) : 0.f, ',
    'warp passes NaN on',
  ),
];
