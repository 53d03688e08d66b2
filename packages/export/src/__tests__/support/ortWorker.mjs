/**
 * Runs ONNX files outside of jest's sandbox, whose typed arrays ONNX Runtime does not take for its
 * own.
 */
import {parentPort} from 'node:worker_threads';
import ort from 'onnxruntime-node';

parentPort.on('message', async ({bytes, feeds}) => {
  try {
    const options = {intraOpNumThreads: 1, logSeverityLevel: 3};
    const session = await ort.InferenceSession.create(Uint8Array.from(bytes), options);
    const given = feeds
      .filter(([name]) => session.inputNames.includes(name))
      .map(([name, shape, values]) => [name, new ort.Tensor('float32', Float32Array.from(values), shape)]);
    const {output} = await session.run(Object.fromEntries(given));
    await session.release();
    parentPort.postMessage({shape: output.dims, values: output.data});
  } catch (error) {
    parentPort.postMessage({problem: String(error)});
  }
});
