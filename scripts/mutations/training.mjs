/** Mutations of optimizer, schedule, guard, micro-steps and prediction. */
import {mutationsIn} from './mutation.mjs';
import {
  nonFinite,
  optimizer,
  predictor,
  statistics,
  together,
  tracedReturns,
  trainer,
  twentySteps,
  updateGuard,
  variants,
} from './tests.mjs';

const mutation = mutationsIn('packages/core/src');
const adamW = (id, what, edits, tests = optimizer("AdamW follows PyTorch's trace")) =>
  mutation(`adamw/${id}`, 'optim/adamW', what, edits, tests);
const schedule = (id, what, ...edit) =>
  mutation(`schedule/${id}`, 'optim/schedule', what, edit, optimizer('schedule'));
const constant = (id, what, ...edit) =>
  mutation(`default/${id}`, 'config/optimSchema', what, edit, optimizer());
const gradients = (id, what, edits, tests) => mutation(id, 'traced/gradients', what, edits, tests);

export const OPTIMIZER_MUTATIONS = [
  adamW(
    'epsilon-corrected',
    'epsilon inside the bias correction',
    ['[EPSILON]: options.epsilon * correction2', '[EPSILON]: options.epsilon'],
    optimizer('the epsilon is outside'),
  ),
  adamW(
    'epsilon-in-root',
    'epsilon inside the root',
    ['tf.add(tf.sqrt(nextV), epsilon)', 'tf.sqrt(tf.add(nextV, epsilon))'],
    optimizer('the epsilon is outside'),
  ),
  adamW('decay-coupled', 'decay as a part of the gradient (Adam with L2)', [
    ['of Object.entries(gradients)) {', 'of Object.entries(withDecay(graph, gradients))) {'],
    ['const decayed = tf.mul(parameter, decay);', 'const decayed = tf.add(parameter, tf.mul(decay, 0));'],
    [
      '/**\n * Traced: one AdamW update',
      'const withDecay = (graph: GraphBuilder, gradients: NamedTensors): NamedTensors =>\n' +
        '  Object.fromEntries(Object.entries(gradients).map(([name, g]) => ' +
        '[name, tf.add(g, tf.mul(graph.read(name), 1e-3))]));\n\n/**\n * Traced: one AdamW update',
    ],
  ]),
  adamW(
    'decay-after',
    'decay after the step',
    [
      'tf.sub(decayed, tf.mul(direction, stepSize))',
      'tf.add(tf.mul(tf.sub(parameter, tf.mul(direction, stepSize)), decay), tf.mul(decayed, 0))',
    ],
    optimizer('the decay comes first'),
  ),
  adamW('decay-none', 'no decay', ['[DECAY]: 1 - learningRate * options.weightDecay', '[DECAY]: 1']),
  adamW('decay-vectors', 'no decay of biases and slopes', [
    'const decayed = tf.mul(parameter, decay);',
    'const decayed = parameter.rank < 2 ? parameter : tf.mul(parameter, decay);',
  ]),
  adamW('correction-m', 'no bias correction of the first moment', [
    'const correction1 = 1 - options.betas[0] ** update;',
    'const correction1 = options.betas[0] ** 0;',
  ]),
  adamW('correction-v', 'no bias correction of the second moment', [
    'const correction2 = Math.sqrt(1 - options.betas[1] ** update);',
    'const correction2 = Math.sqrt(1);',
  ]),
  adamW('betas', 'the betas change places', [
    ['gain1: tf.scalar(1 - betas[0]),', 'gain1: tf.scalar(1 - betas[1]),'],
    ['gain2: tf.scalar(1 - betas[1]),', 'gain2: tf.scalar(1 - betas[0]),'],
    ['keep2: tf.scalar(betas[1]),', 'keep2: tf.scalar(betas[0]),'],
  ]),
  mutation(
    'adamw/update-count',
    'run/step',
    'skipped steps count for the bias correction',
    ['const update = run.position.updates + 1;', 'const update = run.position.step + 1;'],
    nonFinite('a NaN loss does not reach'),
  ),
  schedule(
    'warm-up',
    'warm-up from step 1',
    '((learningRate - fromRate) * done) / warmupSteps;',
    '((learningRate - fromRate) * (done + 1)) / warmupSteps;',
  ),
  schedule('default', 'a default warm-up of 1000 steps', '= [2000, 0.1];', '= [1000, 0.1];'),
  schedule(
    'floor',
    'the cosine goes down to 0',
    '(learningRate - finalLearningRate) * amplitude + finalLearningRate',
    'learningRate * amplitude + finalLearningRate * 0',
  ),
  schedule(
    'last-step',
    'the cosine ends one step early',
    'Math.max(1, steps - warmupSteps)',
    'Math.max(1, steps - warmupSteps - 1)',
  ),
];

/** The reference's constants, which are the defaults of the configuration. */
export const DEFAULT_MUTATIONS = [
  constant('rate', 'a learning rate of 1e-4', 'default(3e-4)', 'default(1e-4)'),
  constant('final-rate', 'a final rate of 3e-5', 'default(3e-6)', 'default(3e-5)'),
  constant('decay', "PyTorch's default decay", 'default(1e-3)', 'default(1e-2)'),
  constant('beta1', 'a first beta of 0.95', 'default([0.9, 0.999])', 'default([0.95, 0.999])'),
  constant('beta2', 'a second beta of 0.99', 'default([0.9, 0.999])', 'default([0.9, 0.99])'),
  constant('epsilon', "TensorFlow's default epsilon", 'default(1e-8)', 'default(1e-7)'),
];

export const STEP_MUTATIONS = [
  mutation(
    'variant/batch',
    'run/step',
    'the variant follows the number of batches: a rollback draws another',
    ['config.seed, position.step);', 'config.seed, position.dataIndex - 1);'],
    variants('that goes back draws the same'),
  ),
  mutation(
    'variant/share',
    'traced/draw',
    'the first variant gets the share of the last',
    ['(left -= share) < 0', '(left -= 1 - share) < 0'],
    variants('have the shares'),
  ),
  mutation(
    'variant/replay',
    'inspect/replay',
    'a replay runs the first variant',
    ['names.includes(variant) ? variant : names[0]', 'names.includes(variant) ? names[0] : variant'],
    variants('a flight record names'),
  ),
  mutation(
    'guard/updates',
    'run/step',
    'an update despite a non-finite loss',
    ['if (!verdict && !(await applyUpdate(', 'if (!(await applyUpdate('],
    nonFinite('a NaN loss does not reach'),
  ),
  mutation(
    'guard/update-kept',
    'traced/update',
    'an update that plugins made not finite is assigned',
    ['      graph.assignOnlyIf(isFinite);\n', ''],
    updateGuard('a tap of gradients'),
  ),
  mutation(
    'guard/update-parameters',
    'traced/update',
    'parameters that plugins replaced are not looked at',
    ['[moved, next], averages', '[next, next], averages'],
    updateGuard('a tap of parameters'),
  ),
  mutation(
    'checks/type',
    'traced/checks',
    'tensors of other types pass',
    ["return value.dtype === 'float32' ? undefined", "return value.dtype !== 'string' ? undefined"],
    tracedReturns('whole numbers'),
  ),
  gradients(
    'guard/loss-alone',
    'the guard does not look at the gradient',
    [
      'tf.logicalAnd(tf.isFinite(loss), tf.isFinite(gradNorm))',
      'tf.logicalAnd(tf.isFinite(loss), tf.isFinite(tf.zerosLike(gradNorm)))',
    ],
    together('its gradient alone'),
  ),
  mutation(
    'guard/last-micro-step',
    'run/passes',
    'the guard looks at the last micro-step alone',
    ['firstNonFinite(micro) < 0', 'firstNonFinite(micro.slice(-1)) < 0'],
    nonFinite('with micro-steps'),
  ),
  mutation(
    'guard/skipped-steps',
    'run/step',
    'a skipped step does not count for the schedule',
    ['else run.advance();', 'else if (!verdict) run.advance();'],
    nonFinite('a NaN loss does not reach'),
  ),
  gradients(
    'guard/buffers',
    'running statistics move ahead of the guard',
    [
      'graph.assign(nextOf(name), value);',
      'for (const variable of [nextOf(name), name]) graph.assign(variable, value);',
    ],
    statistics('not a step that the guard stops'),
  ),
  mutation(
    'loss/weight-0',
    'traced/loss',
    'a term of weight 0 is multiplied, not left out',
    ['.filter(([name]) => weights[name] !== 0)', '.filter(([name]) => name in weights)'],
    trainer('a term of weight 0'),
  ),
  gradients(
    'loss/sum',
    'the sum over the batch in place of the mean',
    ['const total = tf.mean<tf.Scalar>(perSample_B);', 'const total = tf.sum<tf.Scalar>(perSample_B);'],
    trainer('metrics are those of the step'),
  ),
  mutation(
    'loss/norm',
    'traced/loss',
    'the global norm without its root',
    [
      'return tf.sqrt(tf.addN(tensors.map(tensor => tf.sum<tf.Scalar>(tf.square(tensor)))));',
      'return tf.addN(tensors.map(tensor => tf.sum<tf.Scalar>(tf.square(tensor)))) as tf.Scalar;',
    ],
    trainer('the norm is that of all gradients'),
  ),
  gradients(
    'images/255',
    'images are divided by 256',
    ["tf.div(graph.feed('images') as tf.Tensor4D, 255)", "tf.div(graph.feed('images') as tf.Tensor4D, 256)"],
    twentySteps(),
  ),
  gradients(
    'micro-steps/mean',
    'micro-steps are summed up, not averaged',
    [
      'microSteps === 1 ? total : tf.div<tf.Scalar>(total, microSteps)',
      'microSteps > 0 ? total : tf.div<tf.Scalar>(total, microSteps)',
    ],
    trainer('two micro-steps'),
  ),
  gradients(
    'micro-steps/reset',
    'the sum does not begin anew with a step',
    ['tf.where(isFirst, tf.zerosLike(sum), sum)', 'tf.where(isFirst, sum, sum)'],
    trainer('two micro-steps'),
  ),
  gradients(
    'micro-steps/nan',
    'it begins anew by multiplying with 0',
    ['tf.where(isFirst, tf.zerosLike(sum), sum)', "tf.mul(sum, tf.cast(tf.logicalNot(isFirst), 'float32'))"],
    nonFinite('with micro-steps one bad micro-batch'),
  ),
  gradients(
    'micro-steps/buffers',
    'each micro-step starts from the statistics of the last update',
    [
      'tf.where(first, graph.read(name), graph.read(nextOf(name)))',
      'tf.where(first, graph.read(name), graph.read(name))',
    ],
    statistics('each micro-step'),
  ),
  mutation(
    'predict/padding',
    'predict/frames',
    'frames are padded above, not below',
    [
      'let to = y * pair.width * 6 + channel;',
      'let to = (pair.height - height + y) * pair.width * 6 + channel;',
    ],
    predictor(),
  ),
  mutation(
    'predict/bytes',
    'traced/predict',
    'bytes are divided by 256',
    ['tf.div<tf.Tensor4D>(fed, 255)', 'tf.div<tf.Tensor4D>(fed, 256)'],
    predictor(),
  ),
  mutation(
    'predict/scale',
    'predict/frames',
    "the block's scales are multiplied by the scale",
    ['.map(x => x / scale)', '.map(x => x * scale)'],
    predictor(),
  ),
];
