import { ConfigError } from '@crossweave/core';
import { checkOptions, listOf, requireValue, type Checks } from '@crossweave/core/authoring';
import { factsOfText } from '@crossweave/data';
import type { OpenModel } from '../open/open-model';
import { requireEmbeddings, rowOf, type Embeddings } from '../vectors/embeddings';

export interface ZeroShotOptions {
  /** Sentences around a label, `{}` in its place; their embeddings are averaged. Default `['{}']`. */
  readonly templates?: readonly string[];
}

/** A label for a picture. */
export interface Guess {
  readonly label: string;
  /** Among the labels: they add up to 1. */
  readonly probability: number;
}

/** Labels as vectors of a model. */
export interface ZeroShot {
  readonly labels: readonly string[];
  /** One row a label, of unit length. */
  readonly prototypes: Embeddings;
  /**
   * For each picture all labels, the likeliest first.
   *
   * @throws ConfigError for vectors of another width or not of unit length; NonFiniteError.
   */
  classify(pictures: Embeddings): Guess[][];
}

const label = {
  expected: 'text that is not blank',
  accepts: (value: unknown) => typeof value === 'string' && value.trim() !== '',
};
const template = {
  expected: 'a sentence with {} where the label stands',
  accepts: (value: unknown) => typeof value === 'string' && value.includes('{}'),
};
export const zeroShotChecks: Checks<ZeroShotOptions> = { templates: listOf(template, { min: 1 }) };

/** Scale of the cosines where a model has none of its own. */
const defaultScale = 100;

/**
 * A classifier from labels alone (Radford et al. 2021, §3.1.4): each label is put into every
 * template, the texts' embeddings are averaged and scaled to length 1, and a picture's probabilities
 * are the softmax of the model's scale times the cosines.
 *
 * @throws ConfigError for fewer than two labels, one that occurs twice,
 * two that are the same to the tokenizer, or a template without `{}`.
 */
export async function zeroShot(
  model: Pick<OpenModel, 'encodeText' | 'logits' | 'dim' | 'tokenizer'>,
  labels: readonly string[],
  options: ZeroShotOptions = {},
): Promise<ZeroShot> {
  requireValue('zeroShot', 'labels', labels, listOf(label, { min: 2, distinct: true }));
  checkOptions('zeroShot', options, zeroShotChecks);
  requireDifferentLabels(labels, model);
  const { templates = ['{}'] } = options;
  const sentences = labels.flatMap((label) =>
    // As a function: "$" in a label is then no pattern.
    templates.map((sentence) => sentence.replaceAll('{}', () => label)),
  );
  const encoded = await model.encodeText(sentences);
  const prototypes = averaged(encoded, templates.length);
  requireEmbeddings('zeroShot', 'labels', prototypes, { unit: true });
  const scale = model.logits?.scale ?? defaultScale;
  return {
    labels,
    prototypes,
    classify: (pictures) => {
      requireEmbeddings('zeroShot', 'pictures', pictures, { unit: true });
      if (pictures.dim !== prototypes.dim) {
        throw new ConfigError('the pictures are vectors of another width than the labels', {
          where: 'zeroShot',
          expected: prototypes.dim,
          got: pictures.dim,
        });
      }
      return Array.from({ length: pictures.rows }, (_, row) => {
        const picture = rowOf(pictures, row);
        const cosines = labels.map((_label, i) => dot(picture, rowOf(prototypes, i)));
        const largest = Math.max(...cosines);
        const weights = cosines.map((cosine) => Math.exp(scale * (cosine - largest)));
        const sum = weights.reduce((a, b) => a + b, 0);
        return labels
          .map((label, i) => ({ label, probability: weights[i]! / sum }))
          .sort((a, b) => b.probability - a.probability);
      });
    },
  };
}

/** @throws ConfigError for two labels with the same token ids: their probabilities would be equal. */
function requireDifferentLabels(
  labels: readonly string[],
  { tokenizer }: Pick<OpenModel, 'tokenizer'>,
): void {
  if (tokenizer === undefined) return;
  const seen = new Map<string, string>();
  for (const label of labels) {
    const { identity } = factsOfText(label, tokenizer);
    const other = seen.get(identity);
    seen.set(identity, label);
    if (other === undefined) continue;
    throw new ConfigError('two labels are the same text to the tokenizer', {
      where: 'zeroShot',
      expected: 'labels with different tokens',
      got: `${JSON.stringify(other)} and ${JSON.stringify(label)}`,
      advice:
        'It may ignore case and accents, and take all words that its vocabulary lacks for one. Leave one of the labels out, or write it with other words.',
    });
  }
}

/** The mean of every `count` rows, scaled to length 1. */
function averaged(all: Embeddings, count: number): Embeddings {
  const { dim } = all;
  const rows = all.rows / count;
  const values = new Float32Array(rows * dim);
  for (let row = 0; row < rows; row++) {
    const sum = values.subarray(row * dim, (row + 1) * dim);
    for (let i = 0; i < count; i++) {
      rowOf(all, row * count + i).forEach((value, at) => (sum[at] = sum[at]! + value));
    }
    const length = Math.hypot(...sum);
    if (length > 0) sum.forEach((value, at) => (sum[at] = value / length));
  }
  return { rows, dim, values };
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
