import { subtree, type PairSplit, type Params } from '@crossweave/core';
import {
  describeSplit,
  encodeSplit,
  evaluateFusion,
  floors,
  metricTable,
  type Evaluation,
  type FeatureCache,
} from '@crossweave/lab';
import { type Session } from '../command';
import { Interrupted } from '../interrupted';
import type { ModelParts } from './training';

type Figures = Readonly<Record<string, number>>;

/** A model to be measured: its parts and their parameters under `image.`, `text.`, `fusion.`. */
export interface Measured {
  readonly parts: ModelParts;
  readonly params: Params;
}

/** What a model reaches on a split, and what stands beside it. */
export interface Measurement {
  readonly evaluation: Evaluation;
  /** By scorer that cannot solve what is tested; none without a training split to fit it on. */
  readonly floors: Readonly<Record<string, { readonly metrics: Figures }>>;
}

/** Pictures that the floors are fitted on, the first of the training split: enough for what they are. */
const floorPictures = 2000;

/**
 * Encodes a split once and measures the fusion on it, and on the same features the floors, fitted
 * on the training split.
 *
 * @throws Interrupted when the session is asked to stop.
 */
export async function measure(
  model: Measured,
  split: PairSplit,
  train: PairSplit | undefined,
  session: Session,
): Promise<Measurement> {
  const { signal } = session;
  try {
    const cache = await encode(model, split, session);
    const fitted = { fusion: model.parts.fusion, params: subtree(model.params, 'fusion.') };
    const evaluation = await evaluateFusion(fitted, cache, { signal });
    if (train === undefined) return { evaluation, floors: {} };
    const first = { records: train.records.slice(0, floorPictures) };
    const part: PairSplit = {
      name: train.name,
      ...first,
      images: (rows) => train.images(rows),
      texts: (captions) => train.texts(captions),
      textIdentity: (caption) => train.textIdentity(caption),
    };
    return { evaluation, floors: floors(await encode(model, part, session), cache) };
  } catch (error) {
    if (signal.aborted) throw new Interrupted('Stopped; nothing was measured.');
    throw error;
  }
}

/** The figures as a table: each with the model before training, floors and chance beside it. */
export function tableOf({ evaluation, floors: beside }: Measurement, before?: Figures): string {
  return [
    describeSplit(evaluation.split),
    '',
    metricTable(evaluation, {
      ...(before && { 'before training': { metrics: before } }),
      ...beside,
    }),
  ].join('\n');
}

/** The figures as plain data. */
export function figuresOf({ evaluation, floors: beside }: Measurement, before?: Figures): object {
  const { metrics, chance, split } = evaluation;
  return {
    metrics,
    chance,
    ...(before && { beforeTraining: before }),
    floors: Object.fromEntries(Object.entries(beside).map(([name, each]) => [name, each.metrics])),
    measuredOn: split,
  };
}

async function encode(
  { parts, params }: Measured,
  split: PairSplit,
  { terminal, signal }: Session,
): Promise<FeatureCache> {
  const total = split.records.length;
  const bar = terminal.progress(`Encoding "${split.name}"`);
  const cache = await encodeSplit({
    split,
    image: { encoder: parts.image, params: subtree(params, 'image.') },
    text: { encoder: parts.text, params: subtree(params, 'text.') },
    signal,
    onProgress: ({ side, done }) => {
      if (side === 'image') bar.update(done, total);
    },
  });
  bar.done();
  return cache;
}
