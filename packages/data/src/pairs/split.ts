import {
  ConfigError,
  type HardNegative,
  type PairRecord,
  type PairSplit,
  type TextInput,
} from '@crossweave/core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { mapConcurrently } from '../concurrency';
import { normaliseImages, type Normalisation } from '../image/normalise';
import { encodeText, padIds } from '../text/encode';
import type { Tokenizer } from '../text/tokenizer';
import type { Pictures, Sample } from './pictures';

/** How the samples of a dataset become tensors. */
export interface Preprocessing {
  readonly imageSize: number;
  readonly normalise: Normalisation;
  readonly tokenizer: Tokenizer;
  readonly maxTokens: number;
  readonly concurrency: number;
}

/** Texts whose ids are remembered; captions come back every epoch. */
const rememberedTexts = 200_000;

/** A split over image files: pictures come from the cache or are decoded again. */
export class FileSplit implements PairSplit {
  readonly name: string;
  readonly records: readonly PairRecord[];
  readonly #samples: readonly Sample[];
  readonly #pictures: Pictures;
  readonly #preprocessing: Preprocessing;
  readonly #ids = new Map<string, Int32Array>();

  constructor(
    name: string,
    samples: readonly Sample[],
    pictures: Pictures,
    preprocessing: Preprocessing,
  ) {
    this.name = name;
    this.#samples = samples;
    this.#pictures = pictures;
    this.#preprocessing = preprocessing;
    this.records = samples.map(({ id, captions, negatives }) => ({
      id,
      captions,
      ...(negatives === undefined ? {} : { negatives: negatives.map(plain) }),
    }));
  }

  /**
   * @returns [rows, imageSize, imageSize, 3] float32, owned by the caller
   * @throws DataError when an image is missing or damaged (and the policy has no placeholder)
   */
  async images(rows: readonly number[]): Promise<Tensor4D> {
    const { concurrency, imageSize, normalise } = this.#preprocessing;
    const samples = rows.map((row) => this.#sample(row));
    const pictures = await mapConcurrently(samples, concurrency, (sample) =>
      this.#pictures.get(sample),
    );
    return normaliseImages(pictures, imageSize, normalise);
  }

  /** @returns [captions, maxTokens] int32 ids and mask, owned by the caller */
  texts(captions: readonly string[]): TextInput {
    const { maxTokens, tokenizer } = this.#preprocessing;
    return padIds(
      captions.map((caption) => this.#encode(caption)),
      maxTokens,
      tokenizer.padId,
    );
  }

  textIdentity(caption: string): string {
    return this.#preprocessing.tokenizer.encode(caption).join(' ');
  }

  #sample(row: number): Sample {
    const sample = this.#samples[row];
    if (sample !== undefined) return sample;
    throw new ConfigError('there is no such row', {
      where: `split "${this.name}"`,
      expected: `a whole number in [0, ${this.#samples.length})`,
      got: row,
    });
  }

  #encode(caption: string): Int32Array {
    const known = this.#ids.get(caption);
    if (known !== undefined) return known;
    const { maxTokens, tokenizer } = this.#preprocessing;
    const ids = encodeText(caption, tokenizer, maxTokens);
    if (this.#ids.size < rememberedTexts) this.#ids.set(caption, ids);
    return ids;
  }
}

/** Negatives without whatever else the file says of them. */
function plain(negatives: readonly HardNegative[]): HardNegative[] {
  return negatives.map(({ caption, kind }) => ({ caption, kind }));
}
