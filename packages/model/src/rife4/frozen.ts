/** VGG-19, where loss terms of a RIFE 4.x network need it. */
import type {FrozenTensors, ModelOptions} from '@rife-train/core';
import {PERCEPTUAL_TERMS, perceptualSpecs, type PerceptualTerm} from '../features/perceptualPlan.js';
import {readTorchvision} from '../features/readTorchvision.js';
import {VGG_PREFIX} from '../features/vgg19.js';

/** Terms that read VGG-19 and have a weight. */
const asked = ({terms = {}}: ModelOptions) => PERCEPTUAL_TERMS.filter(term => terms[term] !== undefined);

/** The terms that are computed: none without a file. */
export const perceptualIn = (options: ModelOptions): PerceptualTerm[] =>
  options.vgg === undefined ? [] : asked(options);

/** The tensors of these terms; undefined where there are none. */
export function frozenOf(options: ModelOptions): FrozenTensors | undefined {
  const terms = perceptualIn(options);
  if (terms.length === 0) return undefined;
  const specs = perceptualSpecs(terms);
  return {
    specs: specs.map(({name, shape}) => ({name: VGG_PREFIX + name, shape})),
    async read() {
      const values = await readTorchvision('vgg19', options.vgg!, specs, 'model.vgg');
      return new Map([...values].map(([name, x]) => [VGG_PREFIX + name, x]));
    },
  };
}

/** What the options ask for in vain. */
export function perceptualNotes(options: ModelOptions): string[] {
  const terms = asked(options);
  if (options.vgg !== undefined)
    return terms.length > 0 ? [] : ['model.vgg is not read: no term of model.terms needs it'];
  const off = terms.map(term => `no term "${term}"`).join(' and ');
  return terms.length === 0 ? [] : [`without model.vgg, a file of torchvision's VGG-19, the loss has ${off}`];
}
