/** Folders, clips and videos for tests: those of packages/data. */
/* eslint-disable rife/imports -- test helpers have no entry point, and two copies would drift apart */
export {mixedRoot} from '../../../data/src/__tests__/packFiles';
export * from '../../../data/src/__tests__/support';
export * from '../../../data/src/__tests__/videoFiles';
