import { tidy } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  DataError,
  hostValue,
  scoped,
  subtree,
  withPrefix,
  type FittedTask,
  type Label,
  type Loss,
  type PairRecord,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { checkOptions, count, withConfig } from '@crossweave/core/authoring';

/** Before the paths of the head among the parameters of a task's loss. */
export const headPrefix = 'head.';

export interface TaskLossOptions {
  /** D, the width of the fusion's `joint` ({@link jointWidth}). */
  readonly dim: number;
}

/**
 * A task as a training objective: `trainer`'s `train` takes it like any loss, alone or beside others
 * (`weightedSum` of @crossweave/losses). It fuses the pairs of the batch and puts the task's head on
 * `joint`; the head's parameters are the loss's own, under `head.`.
 *
 * @throws ConfigError from `compute` for a batch without labels.
 */
export function taskLoss(task: FittedTask, options: TaskLossOptions): Loss<PooledFeatures> {
  const where = `taskLoss of "${task.name}"`;
  checkOptions(where, options, { dim: count() }, ['dim']);
  return withConfig(
    'taskLoss',
    { task, dim: options.dim },
    {
      name: task.name,
      init: (key) => withPrefix(headPrefix, task.init(key, options.dim)),
      compute(params, outputs, batch, ctx) {
        const given = hostValue(batch).map(({ labels }) => labels);
        if (given.choose((labels) => labels === undefined)) {
          throw new ConfigError('the batch has no labels', {
            where,
            expected: 'pairs whose records carry labels',
            advice: 'Name the column that holds them: columns: { label: … }.',
          });
        }
        return tidy(() => {
          const { joint } = outputs.fuse(outputs.image, outputs.text);
          const head = subtree(params, headPrefix);
          const told = task.apply(head, joint, scoped(ctx, headPrefix));
          const total =
            task.lossOf === undefined
              ? task.loss(told, batch.labels!)
              : task.lossOf(
                  told,
                  given.map((labels) => labels!),
                );
          return { total, terms: {} };
        });
      },
    },
  );
}

/** The head of a task among the parameters of a loss: its own, or that of a `weightedSum`. */
export function headOfLoss(loss: Params, task: FittedTask): Params {
  const own = subtree(loss, headPrefix);
  return Object.keys(own).length > 0 ? own : subtree(loss, `${task.name}.${headPrefix}`);
}

/** A pair whose label is known. */
export interface LabelledPair {
  /** Row of the image. */
  readonly row: number;
  /** Id of the image. */
  readonly id: string;
  readonly caption: string;
  readonly label: Label;
}

/** Every caption of a split that has a label, with its image. */
export function labelledPairs(records: readonly PairRecord[]): LabelledPair[] {
  return records.flatMap(({ id, captions, labels }, row) =>
    captions.flatMap((caption, i) => {
      const label = labels?.[i];
      return label === undefined ? [] : [{ row, id, caption, label }];
    }),
  );
}

/** The same. @throws DataError where the split has no label. */
export function requireLabelledPairs(
  where: string,
  { name, records }: { readonly name: string; readonly records: readonly PairRecord[] },
): LabelledPair[] {
  const pairs = labelledPairs(records);
  if (pairs.length > 0) return pairs;
  throw new DataError(`the split "${name}" has no labels`, {
    where,
    expected: 'one labelled pair or more',
    advice: 'Name the column that holds them: columns: { label: … }.',
  });
}
