export type {ReplicaGroup, ReduceReport} from '@rife-train/core';
export {type Devices, visibleGpus} from './devices.js';
export {inlineGroups, type InlineGroup, type InlineOptions} from './inline.js';
export {launchReplicas, type LaunchOptions} from './launch.js';
export type {ReplicaContext, ReplicaMain} from './replica.js';
