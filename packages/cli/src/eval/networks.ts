/** Networks as what makes frames of a set. */
import {resolve} from 'node:path';
import {openPredictor, type Engine, type FrameOptions, type Predictor} from '@rife-train/core';
import type {Distance, Identity, Maker, Protocol} from '@rife-train/evaluate';
import {sha256OfFile} from '@rife-train/files';
import {openLpips, readAlexNet} from '@rife-train/model';
import {frameOptions} from '../predict/flags.js';
import type {Network} from '../predict/network.js';
import {engineFor, openNetwork} from '../predict/open.js';
import {tiled, tileFor, wholeFrames} from '../predict/tiles.js';
import type {EvalFlags} from './flags.js';

/** A network that is ready. */
export interface Opened {
  maker: Maker;
  facts: Identity['network'];
  predictor: Predictor;
  options: FrameOptions;
}

/** The flags' options; without a scale of theirs, the protocol's. */
const optionsFor = (flags: EvalFlags, protocol: Protocol): FrameOptions =>
  frameOptions({...flags, scale: flags.scale ?? protocol.scale});

function makerOf(predictor: Predictor, {model}: Network, options: FrameOptions, flags: EvalFlags): Maker {
  return {
    anyTimestep: model.anyTimestep,
    predict: (img0, img1, t, gap) => {
      const whole = wholeFrames(predictor, {...options, gap});
      const scale = options.scale ?? 1;
      const tile = flags.tile === undefined ? undefined : tileFor(flags.tile, img0, scale);
      return (tile === undefined ? whole : tiled(whole, tile, scale))(img0, img1, t);
    },
  };
}

/** @throws what `openNetwork` throws */
export async function openMaker(
  flags: EvalFlags,
  protocol: Protocol,
  cwd: string,
  engine: () => Promise<Engine>,
  print: (text: string) => void,
): Promise<Opened> {
  const network = await openNetwork(flags, cwd, print);
  const {model, weights, plugins, source} = network;
  const options = optionsFor(flags, protocol);
  const predictor = openPredictor({engine, model, weights, plugins});
  return {
    maker: makerOf(predictor, network, options, flags),
    facts: {name: model.name, file: source.file, sha256: await sha256OfFile(source.file)},
    predictor,
    options,
  };
}

/** LPIPS with the weights of a file. */
interface Lpips {
  distance: Distance;
  sha256: string;
  close(): Promise<void>;
}

/** Reads the file at once; the engine is created at the first distance. */
async function openDistance(file: string, engine: () => Promise<Engine>): Promise<Lpips> {
  const weights = await readAlexNet(file, '--lpips');
  let opened: ReturnType<typeof openLpips> | undefined;
  const lpips = () => (opened ??= engine().then(created => openLpips({engine: created, weights})));
  return {
    distance: async (prediction, gt) => (await lpips()).distance(prediction, gt),
    sha256: await sha256OfFile(file),
    close: async () => (await opened)?.close(),
  };
}

/** All that make or compare frames. */
export interface OpenedNetworks {
  network: Opened;
  against: Opened | undefined;
  lpips: Lpips | undefined;
}

/**
 * Opens what flags name; the engine is created when it is first needed.
 * @param describe receives the engine's description, then its notes
 * @param print receives a line about each network
 */
export async function openNetworks(
  flags: EvalFlags,
  protocol: Protocol,
  cwd: string,
  describe: (engine: string) => void,
  print: (text: string) => void = () => {},
): Promise<OpenedNetworks> {
  const create = engineFor(flags, describe);
  let engine: Promise<Engine> | undefined;
  const once = () => (engine ??= create());
  const {against, ...own} = flags;
  return {
    network: await openMaker(own, protocol, cwd, once, print),
    against:
      against === undefined
        ? undefined
        : await openMaker(withoutPlugins({...own, weights: against}), protocol, cwd, once, print),
    lpips: flags.lpips === undefined ? undefined : await openDistance(resolve(cwd, flags.lpips), once),
  };
}

/** The other network is taken as it is: a key, a name or plugins are of the first one. */
const withoutPlugins = ({key: _, model: __, config: ___, ...flags}: EvalFlags): EvalFlags => flags;

export async function closeNetworks({network, against, lpips}: OpenedNetworks): Promise<void> {
  await network.predictor.close();
  await against?.predictor.close();
  await lpips?.close();
}
