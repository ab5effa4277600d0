import { ConfigError, subtree, type Fusion, type PairSplit } from '@crossweave/core';
import {
  anything,
  boolean,
  callback,
  checkOptions,
  count,
  fields,
  having,
  listOf,
  requireValue,
  share,
  text,
  type Checks,
} from '@crossweave/core/authoring';
import {
  encodeSplit,
  predictTask,
  sampledPrior,
  type EncodeProgress,
  type PairPrediction,
} from '@crossweave/lab';
import type { PictureFile } from '../pictures/prepare-pictures';
import type { Pretrained } from '../pretrained/types';
import { askedSplit } from './asked-split';

/** A picture with a text. A model that was trained to do without a side takes pairs without it. */
export interface AskedPair {
  readonly image?: PictureFile;
  readonly text?: string;
  /** Default: the name of the picture, else the place in the list, from 0. */
  readonly id?: string;
}

export interface PredictOptions {
  /** Classes that are told with their probability, the most probable first. Default 3; 0 for none. */
  readonly topK?: number;
  /** P in [0, 1]: nothing is predicted of a pair whose probability is below it. Default 0. */
  readonly abstain?: number;
  /**
   * Of a model that was trained on sampled classes: outputs as they were trained, for data in which the
   * classes are as often as they were drawn. They are not calibrated. Default false: corrected.
   */
  readonly asSampled?: boolean;
  /**
   * Whether classes are given at the thresholds that were fitted on a validation split, where the
   * model was saved with such. Default true; false: at those of the task's options.
   */
  readonly fittedThresholds?: boolean;
  /** Folder in which features are kept from run to run; see `encodeSplit` of @crossweave/lab. Default none. */
  readonly featureStore?: string | undefined;
  readonly onProgress?: (progress: EncodeProgress) => void;
  /** Stops between two batches with its reason. */
  readonly signal?: AbortSignal;
}

const checks: Checks<PredictOptions> = {
  topK: count(0),
  abstain: share(),
  asSampled: boolean(),
  fittedThresholds: boolean(),
  featureStore: text(),
  onProgress: callback('of the images and texts encoded'),
  signal: having('an AbortSignal', 'addEventListener', 'throwIfAborted'),
};
const split = having('', 'images', 'texts', 'textIdentity');
const pairs = listOf(fields({ image: anything(), text: text(), id: text() }));

const where = 'predict';

/** `predict` of a model that `openModel` opened. */
export async function predictPairs(
  model: Pretrained,
  asked: readonly AskedPair[] | PairSplit,
  options: PredictOptions = {},
): Promise<PairPrediction[]> {
  if (!split.accepts(asked)) requireValue(where, 'pairs', asked, pairs);
  checkOptions(where, options, checks);
  const { name, image, text: ofText, fusion, params, task: trained } = model;
  if (
    trained === undefined ||
    image === undefined ||
    ofText === undefined ||
    fusion === undefined
  ) {
    throw new ConfigError('the model was not trained for a task', {
      where: name,
      expected: 'a finished run of crossweave train --task NAME, or a model saved with its task',
      got: `a model of the kind ${model.family} without one`,
    });
  }
  const { task, head, sampling, temperatures, thresholds } = trained;
  const {
    asSampled = false,
    fittedThresholds = true,
    topK,
    abstain,
    featureStore,
    onProgress,
    signal,
  } = options;
  if (asSampled && sampling === 'none') {
    throw new ConfigError('"asSampled" means nothing to this model', {
      where: name,
      expected: 'a model that was trained on sampled classes (training.sampling)',
      got: 'one whose classes were drawn as the data has them',
    });
  }
  if (Array.isArray(asked) && asked.length === 0) return [];
  const wanted = isSplit(asked) ? asked : askedSplit(name, asked, image, ofText);
  requireSides(name, fusion.fusion, wanted);
  const cache = await encodeSplit({
    split: wanted,
    image: { encoder: image.encoder, params: subtree(params, 'image.') },
    text: { encoder: ofText.encoder, params: subtree(params, 'text.') },
    ...(featureStore !== undefined && { store: featureStore }),
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
  const fitted = { fusion: fusion.fusion, params: subtree(params, 'fusion.'), task, head };
  return predictTask(fitted, cache, {
    ...(topK !== undefined && { topK }),
    ...(abstain !== undefined && { abstain }),
    ...(signal && { signal }),
    ...(asSampled ? {} : { temperatures }),
    ...(fittedThresholds && thresholds && { thresholds }),
    ...(sampling !== 'none' && !asSampled && { shift: sampledPrior(task, sampling) }),
  });
}

/** @throws ConfigError where a record lacks a side that the fusion needs. */
function requireSides(where: string, fusion: Fusion, { records }: PairSplit): void {
  const lacking = records.find(({ missing }) => missing !== undefined);
  if (fusion.takesMissing === true || lacking === undefined) return;
  throw new ConfigError(`a pair lacks its ${lacking.missing!}, and the model needs both sides`, {
    where,
    expected: 'a picture and a text in every pair, or a model that was trained to do without',
    got: `${lacking.id} without ${lacking.missing!}`,
  });
}

function isSplit(asked: readonly AskedPair[] | PairSplit): asked is PairSplit {
  return !Array.isArray(asked);
}
