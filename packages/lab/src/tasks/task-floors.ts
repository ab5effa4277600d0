import type { FittedTask } from '@crossweave/core';
import type { FeatureCache } from '../features/encode-split';
import type { FeatureTable } from '../features/table';
import { wordsOf } from '../floors/words';
import { fitLinear } from './linear-fit';
import { requireLabelledPairs, type LabelledPair } from './task-loss';
import { taskEvaluation, type TaskEvaluation } from './evaluate-task';

/** What a task is held against; each knows less than a fusion does. */
export const taskFloorNames = ['majority', 'image-only', 'text-only', 'no-interaction'] as const;

export type TaskFloorName = (typeof taskFloorNames)[number];

/** The commonest words, and pairs of neighbours, that texts are described by. */
const vocabularyLimit = 1000;

/**
 * Figures on `test` of four predictors fitted on the labelled pairs of `train`: `majority` says the
 * same of every pair; `image-only` and `text-only` are linear models of one side, the picture's
 * summary and the text's words with their neighbours; `no-interaction` is a linear model of both
 * beside each other, without any product of the two. A fusion that is not above the best of them has
 * not shown that it joins both sides.
 *
 * @throws DataError for a split without labels, the signal's reason when aborted.
 */
export async function taskFloors(
  task: FittedTask,
  train: FeatureCache,
  test: FeatureCache,
  signal?: AbortSignal,
): Promise<Record<TaskFloorName, TaskEvaluation>> {
  const [shown, asked] = [train, test].map((split) => requireLabelledPairs('taskFloors', split));
  const labels = shown!.map(({ label }) => label);
  const images = imageNumbers(train.imageTable);
  const texts = textNumbers(shown!);
  const describers: Readonly<Record<string, readonly Describer[]>> = {
    'image-only': [images],
    'text-only': [texts],
    'no-interaction': [images, texts],
  };
  const constant = asked!.flatMap(() => [...task.prior]);
  const found: Record<string, TaskEvaluation> = {
    majority: taskEvaluation(task, asked!, Float32Array.from(constant)),
  };
  for (const [name, parts] of Object.entries(describers)) {
    const width = parts.reduce((sum, part) => sum + part.width, 0);
    const describe = (table: FeatureTable, pair: LabelledPair): Float32Array => {
      const numbers = new Float32Array(width);
      let at = 0;
      for (const part of parts) {
        part.write(numbers, at, table, pair);
        at += part.width;
      }
      return numbers;
    };
    const predict = await fitLinear(
      task,
      labels,
      width,
      (i) => describe(train.imageTable, shown![i]!),
      { epochs: 20, signal },
    );
    const outputs = asked!.flatMap((pair) => [...predict(describe(test.imageTable, pair))]);
    found[name] = taskEvaluation(task, asked!, Float32Array.from(outputs));
  }
  return found;
}

/** Writes `width` numbers about a pair from a place on. */
interface Describer {
  readonly width: number;
  readonly write: (
    numbers: Float32Array,
    at: number,
    images: FeatureTable,
    pair: LabelledPair,
  ) => void;
}

/** The summary of the picture, each entry of mean 0 and standard deviation 1 over the training split. */
function imageNumbers(table: FeatureTable): Describer {
  const { rows, dim } = table;
  const [centre, spread] = [new Float64Array(dim), new Float64Array(dim)];
  for (let row = 0; row < rows; row++) {
    table.pooled(row).forEach((value, d) => (centre[d]! += value / rows));
  }
  for (let row = 0; row < rows; row++) {
    table.pooled(row).forEach((value, d) => (spread[d]! += (value - centre[d]!) ** 2 / rows));
  }
  return {
    width: dim,
    write(numbers, at, images, { row }) {
      images.pooled(row).forEach((value, d) => {
        numbers[at + d] = (value - centre[d]!) / Math.sqrt(spread[d]! + 1e-12);
      });
    },
  };
}

/** 1 for each word, and each pair of neighbours, that the text has. */
function textNumbers(shown: readonly LabelledPair[]): Describer {
  const counts = new Map<string, number>();
  for (const { caption } of shown) {
    for (const part of new Set(partsOf(caption))) counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  const known = [...counts].sort(([a, m], [b, n]) => (n !== m ? n - m : a < b ? -1 : 1));
  const places = new Map(known.slice(0, vocabularyLimit).map(([part], i) => [part, i]));
  return {
    width: places.size,
    write(numbers, at, _images, { caption }) {
      for (const part of partsOf(caption)) {
        const place = places.get(part);
        if (place !== undefined) numbers[at + place] = 1;
      }
    },
  };
}

function partsOf(caption: string): string[] {
  const words = ['^', ...wordsOf(caption), '$'];
  return words.flatMap((word, i) => (i === 0 ? [] : [word, `${words[i - 1]!} ${word}`]));
}
