import {isRifeError} from '@rife-train/errors';
import {GRAPH_CODES} from './reportError.js';

/** Exit codes of the command; docs/cli.md and `--help` list them. */
export const EXIT = {
  ok: 0,
  /** The run failed: it stopped at non-finite steps, the disk is full, a bug ... */
  failed: 1,
  /** The command line, the configuration, or a plugin in it. */
  usage: 2,
  /** This machine: Node, the engine, ffmpeg. */
  environment: 3,
  /** The clips, weights, or the checkpoint that was to be resumed. */
  data: 4,
  /** Ctrl-C: 128 + SIGINT, whether or not the run could be saved. */
  interrupted: 130,
  /** 128 + SIGTERM. */
  terminated: 143,
  /** 128 + SIGHUP: the terminal is gone. */
  hungUp: 129,
  /** 128 + SIGUSR1, as batch systems send it before the time is over. */
  signalled: 138,
} as const;

/** Explains each code; for `--help`. */
export const EXIT_HELP: readonly [code: number, meaning: string][] = [
  [EXIT.ok, 'done; "train": the run reached its last step'],
  [
    EXIT.failed,
    'the run failed; "weights diff": the files differ; "data doctor": errors were found; "data build": nothing was made',
  ],
  [EXIT.usage, 'wrong command line, configuration or plugin'],
  [EXIT.environment, 'this machine lacks something; see "rife-train doctor"'],
  [EXIT.data, 'clips, weights or checkpoint that cannot be used'],
  [EXIT.interrupted, 'stopped by Ctrl-C (saved, unless pressed twice)'],
  [EXIT.terminated, 'stopped by SIGTERM (saved)'],
  [EXIT.hungUp, 'stopped by SIGHUP: the terminal is gone (saved)'],
  [EXIT.signalled, 'stopped by SIGUSR1 (saved)'],
];

/** The first that fits decides; what fits none is a failure of the run. */
const BY_CODE: readonly [RegExp, number][] = [
  [/^RIFE_ERR_(DATA_(FFMPEG|BUILD_ENCODER)|WEIGHTS_FETCH)$/, EXIT.environment],
  [/^RIFE_ERR_DATA_(OPTION|CROP|POLICY|PACK_TARGET|BUILD_(OPTION|OTHER))$/, EXIT.usage],
  [/^RIFE_ERR_DATA_BUILD_(NOTHING|WRITE)$/, EXIT.failed],
  [/^RIFE_ERR_CLI_LOCK_LOST$/, EXIT.failed],
  [/^RIFE_ERR_(CLI_WEIGHTS_(FOLDER|CHECKPOINT)|MODEL_CHANNELS)$/, EXIT.data],
  [/^RIFE_ERR_(CLI|CONFIG|CREATE|PLUGIN|HOOK|LOSS_TERM|SCALAR|LOG_KEY|MODEL_(OPTION|UNKNOWN)$)/, EXIT.usage],
  [/^RIFE_ERR_(PREDICT_(TIMESTEP|SCALE|OUTPUT|PLUGINS)|MODEL_(SCALES|PREDICTION))$/, EXIT.usage],
  [/^RIFE_ERR_ENGINE_DEVICE_NAME$/, EXIT.usage],
  [/^RIFE_ERR_ENGINE_OPS_/, EXIT.failed],
  [GRAPH_CODES, EXIT.failed],
  [/^RIFE_ERR_ENGINE_/, EXIT.environment],
  [/^RIFE_ERR_(CHECKPOINT|WEIGHTS|DATA_PACK)_WRITE$/, EXIT.failed],
  [/^RIFE_ERR_(DATA|CHECKPOINT|SAFETENSORS|WEIGHTS|INIT|PREDICT)/, EXIT.data],
];

/** Exit code for something that was thrown. A plugin at fault is part of the configuration. */
export function exitCodeOf(error: unknown): number {
  if (!isRifeError(error)) return EXIT.failed;
  if (error.plugin !== undefined) return EXIT.usage;
  return BY_CODE.find(([pattern]) => pattern.test(error.code))?.[1] ?? EXIT.failed;
}
