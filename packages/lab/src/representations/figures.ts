import { ConfigError, DataError, type PairRecord } from '@crossweave/core';
import {
  checkOptions,
  count,
  having,
  listOf,
  oneOf,
  type Checks,
} from '@crossweave/core/authoring';
import { abortSignal } from '../checks/checks';
import { embedRows, type FittedFusion } from '../evaluate/pairs';
import type { FeatureCache } from '../features/encode-split';
import { pause } from '../features/pause';
import type { FeatureTable } from '../features/table';
import { alignment, modalityGap, uniformity } from './geometry';
import { accuracyOf, majorityAccuracy, type LabelledVectors } from './labelled-vectors';
import { linearProbe } from './linear-probe';
import { nearestNeighbours } from './nearest-neighbours';
import { effectiveRank, linearCka } from './spectrum';
import type { Vectors } from './vectors';

/** The figures of representations by name. */
export const representationNames = [
  'alignment',
  'uniformity',
  'modality-gap',
  'effective-rank',
  'cka',
  'neighbours',
  'probe',
] as const;

export type RepresentationName = (typeof representationNames)[number];

export interface RepresentationOptions {
  /**
   * Default: all that fusion, data and vectors allow. Of a model whose vectors are all equal that is not
   * `cka`; a model that is measured while it trains may be one for a while.
   */
  readonly figures?: readonly RepresentationName[];
  /** What `neighbours` and `probe` learn from. Default none: these two are then left out. */
  readonly train?: FeatureCache;
  /** Pairs at most, evenly over the split: uniformity compares each with each. Default 2000. */
  readonly most?: number;
  /** Rows that are embedded at a time. Default 128. */
  readonly chunk?: number;
  readonly signal?: AbortSignal;
}

const checks: Checks<RepresentationOptions> = {
  figures: listOf(oneOf(...representationNames), { min: 1, distinct: true }),
  train: having('an encoded split (FeatureCache)', 'images', 'texts', 'textRow'),
  most: count(2),
  chunk: count(),
  signal: abortSignal(),
};

/**
 * What a model's representations look like, over the images of a split and the first caption of each:
 *
 * - `representation.alignment`, `.uniformity.image`, `.uniformity.text`, `.modalityGap`: of the fusion's
 *   embeddings ({@link alignment}, {@link uniformity}, {@link modalityGap}).
 * - `.effectiveRank.image`, `.effectiveRank.text`, `.cka`: of the embeddings, or of the towers' summaries where
 *   the fusion has none ({@link effectiveRank}, {@link linearCka}).
 * - `.neighbours.accuracy`, `.probe.accuracy`: classes of labels by the image tower's summaries
 *   ({@link nearestNeighbours}, {@link linearProbe}), beside them `.majority.accuracy`, that of the commonest class
 *   of `train`. Pairs without a label are left out.
 *
 * @throws ConfigError for a wrong option, DataError for a figure that was named and that fusion or data do not
 *   allow, ConfigError for one that the vectors do not have; NonFiniteError; the signal's reason when aborted.
 */
export async function representationFigures(
  fitted: FittedFusion,
  cache: FeatureCache,
  options: RepresentationOptions = {},
): Promise<Readonly<Record<string, number>>> {
  checkOptions('representationFigures', options, checks);
  const { figures, train, most = 2000, signal, chunk } = options;
  const wanted = possible(fitted, cache, train, figures);
  const rows = evenly(cache.records.length, most);
  const texts = rows.map((row) => cache.textRow(cache.records[row]!.captions[0]!));
  const scoring = { ...(chunk !== undefined && { chunk }), ...(signal && { signal }) };
  const hasEmbeddings = fitted.fusion.embed !== undefined;
  const [image, text] = hasEmbeddings
    ? [
        await embedRows(fitted, 'image', cache.imageTable, rows, scoring),
        await embedRows(fitted, 'text', cache.textTable, texts, scoring),
      ]
    : [summaries(cache.imageTable, rows), summaries(cache.textTable, texts)];
  const found: Record<string, number> = {};
  for (const name of wanted) {
    await pause(signal);
    const values = figureOrNone(figures === undefined, () =>
      figureOf(name, image, text, cache, train),
    );
    for (const [metric, value] of Object.entries(values)) {
      found[`representation.${metric}`] = value;
    }
  }
  return found;
}

/** Where a figure was not named, none in the place of one that these vectors do not have. */
function figureOrNone(
  mayBeNone: boolean,
  make: () => Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  try {
    return make();
  } catch (error) {
    if (mayBeNone && error instanceof ConfigError) return {};
    throw error;
  }
}

function figureOf(
  name: RepresentationName,
  image: Vectors,
  text: Vectors,
  cache: FeatureCache,
  train: FeatureCache | undefined,
): Readonly<Record<string, number>> {
  switch (name) {
    case 'alignment':
      return { alignment: alignment(image, text) };
    case 'uniformity':
      return { 'uniformity.image': uniformity(image), 'uniformity.text': uniformity(text) };
    case 'modality-gap':
      return { modalityGap: modalityGap(image, text) };
    case 'effective-rank':
      return {
        'effectiveRank.image': effectiveRank(image),
        'effectiveRank.text': effectiveRank(text),
      };
    case 'cka':
      return { cka: linearCka(image, text) };
    case 'neighbours':
    case 'probe': {
      const names = classNames(train!);
      const [known, asked] = [labelled(train!, names), labelled(cache, names)];
      const predict = name === 'probe' ? linearProbe : nearestNeighbours;
      return {
        [`${name}.accuracy`]: accuracyOf(predict(known, asked), asked.classes),
        'majority.accuracy': majorityAccuracy(known, asked),
      };
    }
  }
}

/** The named figures, or those that can be told. @throws DataError for a named one that cannot. */
function possible(
  { fusion }: FittedFusion,
  cache: FeatureCache,
  train: FeatureCache | undefined,
  named: readonly RepresentationName[] | undefined,
): readonly RepresentationName[] {
  const isAlone = cache.records.length < 2 ? 'the split has one pair alone' : undefined;
  const hasNone =
    fusion.embed === undefined ? `the fusion ${fusion.name} has no embeddings` : undefined;
  const reasonAgainst = (name: RepresentationName): string | undefined => {
    switch (name) {
      case 'alignment':
      case 'modality-gap':
        return hasNone;
      case 'uniformity':
        return hasNone ?? isAlone;
      case 'effective-rank':
        return undefined;
      case 'cka':
        return isAlone;
      case 'neighbours':
      case 'probe':
        return reasonAgainstClasses(cache, train);
    }
  };
  const wrong = named?.map(reasonAgainst).find((reason) => reason !== undefined);
  if (wrong !== undefined) {
    throw new DataError('a figure of representations cannot be told', {
      where: `representationFigures, split "${cache.name}"`,
      got: wrong,
      advice: 'Leave it out of "figures", or change fusion or data.',
    });
  }
  return named ?? representationNames.filter((name) => reasonAgainst(name) === undefined);
}

/** Why classes cannot be told, where they cannot. */
function reasonAgainstClasses(
  cache: FeatureCache,
  train: FeatureCache | undefined,
): string | undefined {
  if (train === undefined) return 'there is no training split';
  if (classNames(train).length < 2) return 'the training split has fewer than two classes';
  return classNames(cache).length === 0 ? 'the split has no labels that are classes' : undefined;
}

/** At most `most` rows, evenly over all. */
function evenly(rows: number, most: number): number[] {
  const taken = Math.min(rows, most);
  return Array.from({ length: taken }, (_, i) => Math.floor((i * rows) / taken));
}

function summaries(table: FeatureTable, rows: readonly number[]): Vectors {
  const values = new Float32Array(rows.length * table.dim);
  rows.forEach((row, i) => values.set(table.pooled(row), i * table.dim));
  return { values, width: table.dim };
}

/** The class of each record: a label that is one text or one number; undefined for any other. */
function classesOf({ records }: Pick<FeatureCache, 'records'>): (string | undefined)[] {
  return records.map(({ labels }: PairRecord) => {
    const [label] = labels ?? [];
    return typeof label === 'string' || typeof label === 'number' ? String(label) : undefined;
  });
}

function classNames(cache: FeatureCache): string[] {
  return [...new Set(classesOf(cache).filter((each) => each !== undefined))].sort();
}

/** The labelled images of a split; a class that is not among the names has a number of its own, never given. */
function labelled(cache: FeatureCache, names: readonly string[]): LabelledVectors {
  const all = classesOf(cache);
  const rows = all.flatMap((label, row) => (label === undefined ? [] : [row]));
  const classes = rows.map((row) => {
    const at = names.indexOf(all[row]!);
    return at < 0 ? names.length : at;
  });
  return { ...summaries(cache.imageTable, rows), classes };
}
