export type {ReplicaGroup, ReduceReport} from '@rife-train/core';
