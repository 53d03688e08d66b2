/** The exported network in the browser. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgl';
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import {loadGraphModel} from '@tensorflow/tfjs-converter';

setWasmPaths('./wasm/');

/** Texture uploads and shader compilation happen here, not at the first frame. */
const WARM_UP_SIDE = 64;

let model;

/** Loads the network, if it is not there, and moves it to a backend. @returns the one in use */
export async function useBackend(name) {
  if (!(await tf.setBackend(name).catch(() => false))) await tf.setBackend('wasm');
  await tf.ready();
  model?.dispose();
  model = await loadGraphModel('./model/model.json');
  const blank = new ImageData(WARM_UP_SIDE, WARM_UP_SIDE);
  await between(blank, blank, 0.5);
  return tf.getBackend();
}

/** Does the network take any t, or the middle alone? */
export const takesAnyTime = () => model.inputs.some(({name}) => name.startsWith('timestep'));

const batchOf = image => tf.expandDims(tf.div(tf.browser.fromPixels(image, 3), 255));

/** @returns the frame at t as ImageData, and the milliseconds that it took */
export async function between(img0, img1, t) {
  const start = performance.now();
  const frame = tf.tidy(() => {
    const all = {img0: batchOf(img0), img1: batchOf(img1), timestep: tf.tensor1d([t])};
    const feeds = Object.fromEntries(model.inputs.map(({name}) => [name.replace(/:0$/, ''), name]));
    const given = Object.fromEntries(Object.entries(feeds).map(([name, full]) => [full, all[name]]));
    return tf.clipByValue(tf.squeeze(model.execute(given), [0]), 0, 1);
  });
  try {
    const [height, width] = frame.shape;
    const pixels = await tf.browser.toPixels(frame);
    return {image: new ImageData(pixels, width, height), ms: performance.now() - start};
  } finally {
    frame.dispose();
  }
}
