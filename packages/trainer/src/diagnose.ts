import { Tensor, keep, tidy } from '@tensorflow/tfjs-core';
import { withPrefix, type Batch, type Key, type PooledFeatures } from '@crossweave/core';
import { evaluateObjective, lossAndGradients } from './gradients';
import type { StepOptions } from './options';
import { partitionTrainable } from './partition';
import type { TrainState } from './state';
import { trainingContext } from './step';
import { teach } from './teacher/teach';

/**
 * The name of the first tensor of a step that holds NaN or an infinity, in the order of
 * computing: batch, parameters, features, loss terms, loss, gradients. The step is repeated
 * for it (same key, so same numbers), which costs nothing as long as training is healthy.
 */
export async function firstNonFinite<Image, Text, F extends PooledFeatures>(
  options: StepOptions<Image, Text, F>,
  state: TrainState,
  batch: Batch<Image, Text>,
  key: Key,
): Promise<string | undefined> {
  const ctx = trainingContext(options, key, state.step);
  const computed = tidy(() => {
    const [trainable, fixed] = partitionTrainable(options, state.params, state.step);
    const objective = { model: teach(options, state, batch).model, loss: options.loss };
    const { outputs } = evaluateObjective(objective, state.params, batch, ctx);
    const backward = lossAndGradients(objective, trainable, fixed, batch, ctx);
    for (const value of Object.values(backward.recorded)) value.dispose();
    const named = {
      ...leaves('features of the image', outputs.image),
      ...leaves('features of the text', outputs.text),
      ...leaves('features of the negatives', outputs.negatives),
      ...leaves('teacher', outputs.teacher),
      ...withPrefix('loss term ', backward.terms),
      loss: backward.total,
      ...withPrefix('gradient of ', backward.gradients),
    };
    for (const value of Object.values(named)) keep(value);
    return named;
  });
  const given = {
    ...leaves('image of the batch', batch.image),
    ...leaves('text of the batch', batch.text),
    ...leaves('negatives of the batch', batch.negatives),
    ...withPrefix('parameter ', state.params),
  };
  try {
    for (const [name, value] of Object.entries({ ...given, ...computed })) {
      if ((await value.data()).some((entry) => !Number.isFinite(entry))) return name;
    }
    return undefined;
  } finally {
    const { queue } = state.teacher ?? {};
    const own = new Set<Tensor>(Object.values({ ...given, ...leaves('queue', queue) }));
    for (const value of Object.values(computed)) if (!own.has(value)) value.dispose();
  }
}

function leaves(name: string, value: unknown): Record<string, Tensor> {
  if (value instanceof Tensor) return { [name]: value };
  if (typeof value !== 'object' || value === null) return {};
  const named: Record<string, Tensor> = {};
  for (const [part, inner] of Object.entries(value))
    Object.assign(named, leaves(`${name} (${part})`, inner));
  return named;
}
