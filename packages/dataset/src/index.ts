export {buildClips, type BuildResult} from './build/build.js';
export {
  BUILD_FORMATS,
  SPLIT_BY,
  type BuildFormat,
  type BuildOptions,
  type BuildProgress,
  type BuildSettings,
} from './build/options.js';
export type {BuildReport, BuiltClip, BuiltVideo} from './build/report.js';
export type {Reason} from './build/scenes.js';
export {buildText, progressText} from './build/text.js';
export type {LeftOut} from './build/windows.js';
export {examineData, type Diagnosis, type DoctorOptions} from './doctor/doctor.js';
export {FINDING_KINDS, type Finding, type FindingKind, type Severity} from './doctor/findings.js';
export {doctorPage} from './doctor/page.js';
export {framePictures} from './doctor/pictures.js';
export type {DataReport, ExaminedClip, GapMotion, SamplingReport, SplitReport} from './doctor/report.js';
export {picturesOf, type Picture, type Pictures} from './doctor/shots.js';
export type {DecodeSpeed} from './doctor/speed.js';
export {reportText} from './doctor/text.js';
export type {PackedClip} from './pack/packClip.js';
export {packClips, type PackEvent, type PackOptions, type PackSummary} from './pack/packClips.js';
export {packEventText, packSummaryLines} from './pack/text.js';
