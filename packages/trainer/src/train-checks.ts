import { ConfigError, DataError, type PooledFeatures } from '@crossweave/core';
import {
  anyOf,
  anything,
  boolean,
  callback,
  checkOptions,
  count,
  exactly,
  fields,
  having,
  listOf,
  number,
  oneOf,
  paramTree,
  randomKey,
  recordOf,
  requireNumber,
  text,
  type Check,
  type Checks,
} from '@crossweave/core/authoring';
import { checkBalance } from './balance/branch-guard';
import { checkBest } from './best';
import type { TrainOptions } from './options';
import { checkPolicy } from './stability/non-finite';
import { checkSpikes } from './stability/spikes';
import type { TrainState } from './state';
import { checkTeacher } from './teacher/check-teacher';

export const modelCheck = having('a model, with init and forward', 'init', 'forward');
export const optimizerCheck = having(
  'an optimizer, with init, update and learningRates',
  'init',
  'update',
  'learningRates',
);
export const lossCheck = having('a loss, with compute', 'compute');

/** A state by its form; that it fits the model is another check. */
const stateCheck: Check = {
  expected: 'a state of training, { step, params, optimizer }',
  accepts: (value) =>
    typeof value === 'object' &&
    value !== null &&
    ['params', 'optimizer'].every((name) => paramTree().accepts((value as never)[name])) &&
    typeof (value as { step?: unknown }).step === 'number',
};

const share0 = number({ min: 0, below: 1 });

const checks: Checks<TrainOptions<unknown, unknown>> = {
  model: modelCheck,
  loss: lossCheck,
  optimizer: optimizerCheck,
  data: having('a source of batches, with batches(epoch, from)', 'batches'),
  steps: count(),
  compile: oneOf('auto', 'always', 'never'),
  ahead: boolean(),
  key: randomKey(),
  frozen: callback('(path) => boolean'),
  frozenUntil: callback('(path) => steps'),
  recompute: boolean(),
  teacher: recordOf(anything()),
  initial: paramTree(),
  ignoreMissing: listOf(text()),
  start: stateCheck,
  run: having(
    'where a run is kept, with resume, log and checkpoint',
    'resume',
    'log',
    'checkpoint',
  ),
  extend: boolean(),
  accumulate: count(),
  chunk: count(),
  average: fields({ decay: share0 }, ['decay']),
  balance: anyOf(recordOf(anything()), exactly(false)),
  modulate: callback('(gradients, terms, step) => gradients'),
  onNonFinite: anyOf(oneOf('stop', 'skip'), recordOf(anything())),
  spikes: recordOf(anything()),
  best: recordOf(anything()),
  loggers: listOf(having('a logger, with log', 'log')),
  log: callback('(record)'),
  evaluate: callback('(state) => Promise of metrics'),
  evaluateEvery: count(),
  checkpoint: callback('(state) => Promise'),
  checkpointEvery: anyOf(count(), fields({ steps: count(), minutes: number({ above: 0 }) })),
  signal: having('an AbortSignal', 'addEventListener', 'throwIfAborted'),
};

/** @throws ConfigError for a wrong option, DataError when the data has no batch. */
export function checkTrainOptions<Image, Text, F extends PooledFeatures>(
  options: TrainOptions<Image, Text, F>,
): void {
  // The checks read no images, texts or features.
  const plain = options as unknown as TrainOptions<unknown, unknown>;
  checkOptions('train', plain, checks, ['model', 'loss', 'optimizer', 'data', 'steps', 'key']);
  const { data, start, teacher, balance, onNonFinite, spikes, best } = options;
  if (start !== undefined) checkStart(options, start);
  if (teacher !== undefined) checkTeacher(teacher, start?.teacher);
  if (typeof balance === 'object') checkBalance(balance);
  if (typeof onNonFinite === 'object') checkPolicy(onNonFinite);
  if (spikes !== undefined) checkSpikes(spikes);
  if (best !== undefined) checkBest(best);
  requireTogether(options);
  requireNumber('train', 'data.batchesPerEpoch', data.batchesPerEpoch, { integer: true, min: 0 });
  if (data.batchesPerEpoch < 1) {
    throw new DataError('the data has no batch', {
      where: 'train',
      got: `${data.batchesPerEpoch} batches of ${data.batchSize}`,
      advice: 'Lower the batch size, or look at why the split is empty.',
    });
  }
}

/** @throws ConfigError for a state that is beyond the last step, or a teacher's queue of another size. */
export function checkStart<Image, Text, F extends PooledFeatures>(
  { steps, teacher }: Pick<TrainOptions<Image, Text, F>, 'steps' | 'teacher'>,
  start: TrainState,
): void {
  requireNumber('train', 'start.step', start.step, { integer: true, min: 0, max: steps });
  if (teacher !== undefined) checkTeacher(teacher, start.teacher);
}

/** @throws ConfigError for options that exclude each other, or are of no use alone. */
function requireTogether<Image, Text, F extends PooledFeatures>(
  options: TrainOptions<Image, Text, F>,
): void {
  const { run, start, extend, best, evaluate, average, optimizer, teacher, onNonFinite } = options;
  const { accumulate = 1, chunk } = options;
  const averages = optimizer.evaluated !== undefined;
  const slips: readonly (readonly [boolean, string, string])[] = [
    [run !== undefined && start !== undefined, '"run" and "start"', 'A run has its own start.'],
    [extend === true && run === undefined, '"extend" without "run"', 'Raise steps alone.'],
    [best !== undefined && evaluate === undefined, '"best" without "evaluate"', 'Pass evaluate.'],
    [
      average !== undefined && averages,
      `"average" and ${optimizer.name}`,
      'The optimizer averages the parameters itself: leave average out.',
    ],
    [
      typeof onNonFinite === 'object' && onNonFinite.halveRate === true && averages,
      `"halveRate" and ${optimizer.name}`,
      'Its averages would not follow: lower the rate yourself.',
    ],
    [
      teacher !== undefined && (accumulate > 1 || chunk !== undefined),
      '"teacher" with "accumulate" or "chunk"',
      'A teacher sees whole batches: use a smaller batch.',
    ],
  ];
  const found = slips.find(([is]) => is);
  if (found === undefined) return;
  throw new ConfigError(`${found[1]} do not go together`, { where: 'train', advice: found[2] });
}
