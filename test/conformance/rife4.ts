/** The conformance kit on narrow networks of RIFE 4.x. */
import {NETWORKS} from '@rife-train/model';
import {conformance, type CheckName, type ConformanceOptions} from '@rife-train/testing';
import {NAMES, pluginsOf} from './support.js';

/** The oldest and the newest kind; between them they have most of what a version can have. */
const WIDTHS = {'4.0': [6, 4, 4, 4], '4.25': [6, 4, 4, 4, 4]};
export type Version = keyof typeof WIDTHS;
export const VERSIONS = Object.keys(WIDTHS) as Version[];

/** For the kit, and for trainTiny. */
export const on = (version: Version) =>
  ({
    networks: NETWORKS,
    config: {data: {crop: 64, batch: 1}, model: {name: 'RIFE4', version, widths: WIDTHS[version]}},
  }) satisfies ConformanceOptions;

/** The plugins that apply: multiscale extends IFNet alone. */
export const ON_RIFE4 = NAMES.filter(name => name !== 'multiscale');

/** The plugins together, on one version. Without `only`, all checks. */
export function rife4Conformance(
  version: Version,
  names: readonly string[],
  only?: readonly CheckName[],
): void {
  const name = `${names.join(' and ')}, RIFE ${version}`;
  conformance(() => pluginsOf(names), {...on(version), name, official: false, ...(only ? {only} : {})});
}
