/** A network in the form of a Hugging Face repository. */
import {basename} from 'node:path';
import {sha256OfFile} from '@rife-train/files';
import {deduceOptions, encodeWeights, isTrainingOnly} from '@rife-train/model/weights';
import type {WeightsSource} from '../weights/source.js';

const WEIGHTS = 'model.safetensors';

export interface CardOptions {
  /** Licence of the weights. @default unknown */
  license?: string | undefined;
  /** Of rife-train. */
  version: string;
}

function cardText(name: string, config: object, {license = 'unknown', version}: CardOptions): string {
  return `---
license: ${license}
pipeline_tag: image-to-image
tags:
  - video-frame-interpolation
  - rife
  - rife-train
  - safetensors
---

# ${name}

Video frame interpolation: the frame at time t between two frames. Trained or converted with rife-train ${version}.

\`\`\`json
${JSON.stringify(config, undefined, 2)}
\`\`\`

Load it with rife-train:

\`\`\`
npx rife-train predict frame0.png frame1.png --weights model.safetensors --out between.png
\`\`\`

\`npx rife-train export onnx --weights model.safetensors --out model.onnx\` writes it for other programs.
`;
}

/** `model.safetensors` without what only training reads, `config.json` and a model card. */
export async function huggingFaceFiles(
  {file, tensors, checkpoint}: WeightsSource,
  options: CardOptions,
): Promise<Map<string, Uint8Array>> {
  const model = checkpoint?.model ?? deduceOptions(tensors);
  const kept = new Map([...tensors].filter(([name]) => !isTrainingOnly(name, model?.name)));
  const config = {
    model: model ?? {},
    input: 'two frames, RGB in 0..1, zeros to the right and below up to a multiple',
    output: 'one frame, RGB in 0..1',
    source: basename(file),
    source_sha256: await sha256OfFile(file),
    ...(checkpoint && {step: checkpoint.step}),
  };
  const name = String((model as {version?: string} | undefined)?.version ?? model?.name ?? 'RIFE');
  const text = (value: string) => new TextEncoder().encode(value);
  const weights = encodeWeights(WEIGHTS, kept, {format: 'safetensors', metadata: {format: 'pt'}});
  return new Map([
    [WEIGHTS, Buffer.concat([...weights])],
    ['config.json', text(`${JSON.stringify(config, undefined, 2)}\n`)],
    ['README.md', text(cardText(`RIFE ${name}`, config, options))],
  ]);
}
