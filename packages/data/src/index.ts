export {openBatchSource} from './loader/batchSource.js';
export {readPicture} from './decode/image.js';
export type {Clip, Split} from './clips/clip.js';
export {findFfmpeg} from './decode/ffmpeg.js';
export {resolveOptions, type BatchSourceOptions, type ResolvedOptions} from './loader/options.js';
export {readTriplet, type ReadTripletOptions, type Triplet} from './loader/readTriplet.js';
export {passedOverText, REASONS, type PassedOver} from './clips/find/passedOver.js';
export {hasSplit, scan, scanClips, type OnBadClip, type Scan} from './clips/scan.js';
export {surveyClips, type DataSurvey} from './loader/survey.js';
export {PACK_CODECS, type PackCodec} from './pack/format.js';
export type {PackedClip} from './pack/packClip.js';
export {packClips, type PackEvent, type PackOptions, type PackSummary} from './pack/packClips.js';
export {examineData, type Diagnosis, type DoctorOptions} from './doctor/doctor.js';
export {FINDING_KINDS, type Finding, type FindingKind, type Severity} from './doctor/findings.js';
export {COARSE_ENDS} from './doctor/histogram.js';
export {framePictures} from './doctor/pictures.js';
export type {DataReport, ExaminedClip, GapMotion, SamplingReport, SplitReport} from './doctor/report.js';
export type {DecodeSpeed} from './doctor/speed.js';
export {buildClips, type BuildResult} from './build/build.js';
export {leftOutText} from './build/examineVideo.js';
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
export type {LeftOut} from './build/windows.js';
