import { DataError, type PooledFeatures } from '@crossweave/core';
import {
  anything,
  boolean,
  callback,
  checkOptions,
  count,
  having,
  listOf,
  oneOf,
  paramTree,
  randomKey,
  recordOf,
  requireNumber,
  text,
  type Check,
  type Checks,
} from '@crossweave/core/authoring';
import type { TrainOptions } from './options';
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

const checks: Checks<TrainOptions<unknown, unknown>> = {
  model: modelCheck,
  loss: lossCheck,
  optimizer: optimizerCheck,
  data: having('a source of batches, with batches(epoch, from)', 'batches'),
  steps: count(),
  key: randomKey(),
  frozen: callback('(path) => boolean'),
  recompute: boolean(),
  teacher: recordOf(anything()),
  initial: paramTree(),
  ignoreMissing: listOf(text()),
  start: stateCheck,
  onNonFinite: oneOf('stop', 'skip'),
  log: callback('(record)'),
  evaluate: callback('(state) => Promise of metrics'),
  evaluateEvery: count(),
  checkpoint: callback('(state) => Promise'),
  checkpointEvery: count(),
  signal: having('an AbortSignal', 'addEventListener', 'throwIfAborted'),
};

/** @throws ConfigError for a wrong option, DataError when the data has no batch. */
export function checkTrainOptions<Image, Text, F extends PooledFeatures>(
  options: TrainOptions<Image, Text, F>,
): void {
  // The checks read no images, texts or features.
  const plain = options as unknown as TrainOptions<unknown, unknown>;
  checkOptions('train', plain, checks, ['model', 'loss', 'optimizer', 'data', 'steps', 'key']);
  const { data, start, steps, teacher } = options;
  if (start !== undefined) {
    requireNumber('train', 'start.step', start.step, { integer: true, min: 0, max: steps });
  }
  if (teacher !== undefined) checkTeacher(teacher, start?.teacher);
  requireNumber('train', 'data.batchesPerEpoch', data.batchesPerEpoch, { integer: true, min: 0 });
  if (data.batchesPerEpoch < 1) {
    throw new DataError('the data has no batch', {
      where: 'train',
      got: `${data.batchesPerEpoch} batches of ${data.batchSize}`,
      advice: 'Lower the batch size, or look at why the split is empty.',
    });
  }
}
