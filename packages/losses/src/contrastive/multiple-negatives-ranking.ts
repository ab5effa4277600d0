import {
  add,
  concat,
  logSumExp,
  mul,
  reciprocal,
  sub,
  tidy,
  transpose,
  type Rank,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { ConfigError, hostValue, type Loss, type PooledFeatures } from '@crossweave/core';
import { listOf, number, oneOf, readOptions, withConfig } from '@crossweave/core/authoring';
import { stopGradient } from '@crossweave/core/nn';
import { sameCheck, temperatureCheck } from '../option-checks';
import { negativesPerPair, type AnyBatch } from '../rows';
import { countedRows, meanOfCounted, negativeTerms, type Negatives } from '../negatives';
import { excluded, rightImages, rightTexts, sameness, sameTexts } from '../same';
import type { Identities, RowSets, Sameness } from '../same';
import { cosines, requireEmbeddings } from '../similarities';
import { diagonal } from '../softmax';
import { temperatureRule, type Temperature } from '../temperature';
import { logged } from '../terms';

/**
 * Which rows are contrasted with which candidates: images with texts (`i2t`), texts with images
 * (`t2i`), images with images (`i2i`), texts with texts (`t2t`).
 */
export type RankingDirection = 'i2t' | 't2i' | 'i2i' | 't2t';

export interface MultipleNegativesRankingOptions {
  /** T; `auto`, the default, is 0.05 (a scale of 20). */
  temperature?: Temperature;
  /** The directions, which must include `i2t`. Default only `i2t`. */
  directions?: readonly RankingDirection[];
  /**
   * One softmax over the candidates of all directions (`joint`), or the mean of one softmax for
   * each direction (`per-direction`). The latter allows only `i2t` and `t2i`, since the candidates
   * of `i2i` and `t2t` lack the true pair. Default `joint`.
   */
  partition?: 'joint' | 'per-direction';
  /**
   * To which negatives of `i2t` the term α·s, a constant of differentiation, is added: the texts of
   * other pairs (`in-batch`, arXiv 2503.04812), the image's own hard negatives (`hard`, arXiv
   * 2509.20354) or `all`. Default `none`.
   */
  hardness?: 'none' | 'in-batch' | 'hard' | 'all';
  /**
   * α, at least 0; above 0 with `hardness`. Default 0. The papers use 9 for `in-batch` and 5 for
   * `hard`.
   */
  hardnessStrength?: number;
  /**
   * What makes a text true of an image, so that it is not a negative. Default groups and captions.
   */
  same?: readonly Sameness[];
}

/**
 * Multiple negatives ranking as in sentence-transformers, with images as queries and texts as
 * documents: −s_ii/T + ln Σ exp(s/T). The sum runs over all texts of the batch, including the hard
 * negatives of every pair, and over the candidates of further `directions`: the images (t2i), the
 * other images (i2i), the texts of other pairs (t2t). All four directions in one softmax give GTE's
 * improved contrastive loss (arXiv 2308.03281).
 *
 * Rows without a negative do not count. A hard negative of one pair that is true of another image
 * (`Batch.negativeCaptions`) is not a negative of that image.
 *
 * Needs embeddings. Terms: `accuracy` and `negatives` (over i2t), `temperature`. Chance: the logarithm of the number
 * of candidates; `per-direction` their mean.
 */
export function multipleNegativesRanking(
  options: MultipleNegativesRankingOptions = {},
): Loss<PooledFeatures> {
  const where = 'multipleNegativesRanking';
  const settings = readOptions<MultipleNegativesRankingOptions>(
    where,
    options,
    {
      temperature: 'auto',
      directions: ['i2t'],
      partition: 'joint',
      hardness: 'none',
      hardnessStrength: 0,
      same: sameTexts,
    },
    {
      temperature: temperatureCheck,
      directions: listOf(oneOf('i2t', 't2i', 'i2i', 't2t'), { min: 1, distinct: true }),
      partition: oneOf('joint', 'per-direction'),
      hardness: oneOf('none', 'in-batch', 'hard', 'all'),
      hardnessStrength: number({ min: 0, max: 1e4 }),
      same: sameCheck,
    },
  );
  const { directions, partition, hardness, hardnessStrength, same } = settings;
  requireDirections(where, directions, partition);
  requireHardness(where, hardness, hardnessStrength);
  const { init, inverse } = temperatureRule(settings.temperature);

  return withConfig(where, settings, {
    name: 'multiple-negatives-ranking',
    ...(init && { init }),
    compute: (params, outputs, batch) =>
      tidy(() => {
        const { image, text } = requireEmbeddings(where, outputs);
        const extra = negativesPerPair(where, outputs, batch);
        const hard = outputs.negatives && outputs.embed!('text', outputs.negatives);
        const texts = hard ? concat<Tensor2D>([text, hard], 0) : text;
        const scale = inverse(params, 0.05);
        const masks = masksOf(batch, same, extra);

        const i2t = cosines(image, texts);
        const plain = (c: Tensor2D, exclusion: Tensor2D): Tensor2D => add(mul(c, scale), exclusion);
        const pressed = (logits: Tensor2D): Tensor2D =>
          hardness === 'none'
            ? logits
            : add(logits, mul(stopGradient(i2t), mul(masks[hardness](), hardnessStrength)));
        const square = cosines(image, text);
        const candidates: Record<RankingDirection, () => Tensor2D> = {
          i2t: () => pressed(plain(i2t, masks.texts())),
          t2i: () => plain(transpose(square), masks.images()),
          i2i: () => plain(cosines(image, image), masks.others()),
          t2t: () => plain(cosines(text, texts), masks.otherTexts()),
        };
        const parts = directions.map((direction) => candidates[direction]());
        const own = mul(diagonal(square), scale);
        const normalisers = (partition === 'joint' ? [concat(parts, 1)] : parts).map((part) =>
          logSumExp(part, 1),
        );
        const normaliser = mul(
          normalisers.reduce((total, next) => add(total, next)),
          1 / normalisers.length,
        );
        return {
          total: meanOfCounted(sub<Tensor1D>(normaliser, own), masks.counted(directions)),
          terms: logged({
            ...negativeTerms(i2t, masks.negatives()),
            temperature: reciprocal(scale),
          }),
        };
      }),
    chance: (batchSize, hard = 0) => {
      const counts = directions.map((direction) => {
        const others = direction === 'i2i' || direction === 't2t' ? batchSize - 1 : batchSize;
        return direction === 'i2t' || direction === 't2t' ? others * (1 + hard) : others;
      });
      if (partition === 'joint') return Math.log(counts.reduce((total, count) => total + count, 0));
      return counts.reduce((total, count) => total + Math.log(count), 0) / counts.length;
    },
  });
}

function requireDirections(
  where: string,
  directions: readonly RankingDirection[],
  partition: 'joint' | 'per-direction',
): void {
  if (!directions.includes('i2t')) {
    throw new ConfigError('"directions" lacks "i2t", whose candidates include the true pairs', {
      where,
      expected: '"i2t" and any of "t2i", "i2i", "t2t"',
      got: directions,
    });
  }
  const within = directions.filter((direction) => direction === 'i2i' || direction === 't2t');
  if (partition === 'per-direction' && within.length > 0) {
    throw new ConfigError(
      "partition: 'per-direction' needs the true pair among the candidates of each direction",
      {
        where,
        got: within,
        advice: "Use partition: 'joint' with these directions.",
      },
    );
  }
}

/** Either option without the other would have no effect. */
function requireHardness(where: string, hardness: string, strength: number): void {
  if ((hardness === 'none') === (strength === 0)) return;
  throw new ConfigError('"hardness" and "hardnessStrength" must be set together', {
    where,
    expected:
      'hardness "none" with hardnessStrength 0, or a different hardness with a strength above 0',
    got: `hardness "${hardness}" and hardnessStrength ${strength}`,
  });
}

/**
 * Which candidates count in each direction, as terms to add to logits [B, B·(1 + K)] or [B, B];
 * which candidates are negatives of i2t; and which get the hardness term.
 */
function masksOf(batch: AnyBatch, by: readonly Sameness[], extra: number) {
  const { size } = batch;
  const width = size * (1 + extra);
  const found = hostValue<NamedTexts>(batch).map((named): Relations => {
    const texts = rightTexts(named, by);
    const columnsOf = equalNegatives(named, by);
    return {
      texts,
      images: rightImages(named, by),
      alike: sameness(named, by),
      trueOf: texts.map((rows) => columnsOf(rows)),
      equalTo: texts.map((_, i) => columnsOf([i])),
    };
  });
  const matrix = (columns: number, value: (sets: Relations, i: number, j: number) => number) =>
    found.tensor<Rank.R2>(
      (sets) => {
        const out = new Float32Array(size * columns);
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < columns; j++) out[i * columns + j] = value(sets, i, j);
        }
        return out;
      },
      [size, columns],
    );
  /** The pair to which the text or hard negative in column j belongs. */
  const pairOf = (j: number): number => (j < size ? j : Math.floor((j - size) / extra));
  const exclude = (when: boolean): number => (when ? excluded : 0);
  const others = (sets: RowSets, i: number): number => size - sets[i]!.size;
  const counts: Record<RankingDirection, (sets: Relations, i: number) => number> = {
    i2t: ({ texts, trueOf }, i) => others(texts, i) + size * extra - trueOf[i]!.size,
    t2i: ({ images }, i) => others(images, i),
    i2i: ({ alike }, i) => others(alike, i),
    t2t: ({ alike, equalTo }, i) =>
      others(alike, i) +
      (size - 1) * extra -
      [...equalTo[i]!].filter((column) => pairOf(column) !== i).length,
  };
  const most = (directions: readonly RankingDirection[]): Negatives['counts'] =>
    found.map((sets) =>
      Array.from({ length: size }, (_, i) =>
        Math.max(...directions.map((way) => counts[way](sets, i))),
      ),
    );
  return {
    texts: () =>
      matrix(width, ({ texts, trueOf }, i, j) =>
        exclude((i !== j && texts[i]!.has(j)) || trueOf[i]!.has(j)),
      ),
    images: () => matrix(size, ({ images }, i, j) => exclude(i !== j && images[i]!.has(j))),
    others: () => matrix(size, ({ alike }, i, j) => exclude(alike[i]!.has(j))),
    otherTexts: () =>
      matrix(width, ({ alike, equalTo }, i, j) =>
        exclude(pairOf(j) === i || alike[i]!.has(j) || equalTo[i]!.has(j)),
      ),
    negatives: (): Negatives => ({
      mask: matrix(width, ({ texts, trueOf }, i, j) =>
        texts[i]!.has(j) || trueOf[i]!.has(j) ? 0 : 1,
      ),
      counts: most(['i2t']),
    }),
    counted: (directions: readonly RankingDirection[]) => countedRows({ counts: most(directions) }),
    'in-batch': () => matrix(width, (_, i, j) => (pairOf(j) === i ? 0 : 1)),
    hard: () => matrix(width, (_, i, j) => (j >= size && pairOf(j) === i ? 1 : 0)),
    all: () => matrix(width, (_, i, j) => (i === j ? 0 : 1)),
  };
}

/** The rows that are true of each other, by kind. */
interface Relations {
  readonly texts: RowSets;
  readonly images: RowSets;
  readonly alike: RowSets;
  /** Columns of the hard negatives that are true of image i. */
  readonly trueOf: RowSets;
  /** Columns of the hard negatives that are the same text as text i. */
  readonly equalTo: RowSets;
}

type NamedTexts = Identities & Pick<AnyBatch, 'negativeCaptions'>;

/** Gives the columns of the hard negatives that are the same text as the text of one of the rows. */
function equalNegatives(
  { groups, captions, negativeCaptions = [] }: NamedTexts,
  by: readonly Sameness[],
): (rows: Iterable<number>) => ReadonlySet<number> {
  if (!by.includes('captions') || captions === undefined) return () => new Set();
  return (rows) => {
    const texts = new Set(Array.from(rows, (row) => captions[row]));
    return new Set(
      negativeCaptions.flatMap((text, k) => (texts.has(text) ? [groups.length + k] : [])),
    );
  };
}
