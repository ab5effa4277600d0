import { createHash } from 'node:crypto';
import { ConfigError, type PairRecord, type PairSplit, type TextInput } from '@crossweave/core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { mapConcurrently } from '../concurrency';
import type { PictureChange } from '../image/augment';
import { normaliseImages } from '../image/normalise';
import { decoderVersion } from '../image/picture-store';
import type { Preprocessing } from '../image/preprocessing';
import { thumbnail } from '../image/thumbnail';
import { copiedTensor, writePicture } from '../loading/batch-memory';
import type { IdentifiedSplit } from './identified-split';
import { meanPicture } from './mean-picture';
import { readImage, type Pictures, type Sample } from './pictures';
import type { ThumbnailSplit } from './thumbnail-split';
import type { Texts } from './texts';

/** How the samples of a dataset become tensors. */
export interface SampleTensors {
  readonly preprocessing: Preprocessing;
  readonly texts: Texts;
  readonly concurrency: number;
}

/** A split over image files: pictures come from the cache or are decoded again. */
export class FileSplit implements PairSplit, IdentifiedSplit, ThumbnailSplit {
  readonly name: string;
  readonly records: readonly PairRecord[];
  readonly #samples: readonly Sample[];
  readonly #pictures: Pictures;
  readonly #tensors: SampleTensors;

  constructor(
    name: string,
    samples: readonly Sample[],
    pictures: Pictures,
    tensors: SampleTensors,
  ) {
    this.name = name;
    this.#samples = samples;
    this.#pictures = pictures;
    this.#tensors = tensors;
    this.records = samples.map(({ id, captions, negatives, labels, group, missing }) => ({
      id,
      captions,
      ...(negatives && { negatives }),
      ...(labels && { labels }),
      ...(group !== undefined && { group }),
      ...(missing !== undefined && { missing }),
    }));
  }

  /**
   * @returns [rows, S, S, 3] float32, owned by the caller; a blank picture where one is missing
   * @throws DataError when an image is missing or damaged (and the policy has no placeholder)
   */
  images(rows: readonly number[]): Promise<Tensor4D> {
    return this.changedImages(rows, []);
  }

  /** The same with a change for each row, made after decoding and before normalising. */
  async changedImages(
    rows: readonly number[],
    changes: readonly PictureChange[],
  ): Promise<Tensor4D> {
    const { concurrency, preprocessing } = this.#tensors;
    const samples = rows.map((row) => this.#sample(row));
    const { size, normalise } = preprocessing;
    if (this.#pictures.inThreads) return this.#fromThreads(samples, changes, preprocessing);
    const pictures = await mapConcurrently(samples, concurrency, (sample, i) =>
      sample.missing === 'image'
        ? Promise.resolve(meanPicture(preprocessing))
        : this.#pictures.get(sample, changes[i]),
    );
    return normaliseImages(pictures, size, normalise);
  }

  async #fromThreads(
    samples: readonly Sample[],
    changes: readonly PictureChange[],
    preprocessing: Preprocessing,
  ): Promise<Tensor4D> {
    const { size, normalise } = preprocessing;
    const length = size * size * 3;
    const memory = this.#pictures.memory.take(samples.length * length);
    try {
      await mapConcurrently(samples, samples.length, async (sample, i) => {
        const place = { memory, at: i * length };
        if (sample.missing === 'image') writePicture(meanPicture(preprocessing), place, normalise);
        else await this.#pictures.write(sample, changes[i], place, normalise);
      });
      return copiedTensor(memory, [samples.length, size, size, 3]);
    } finally {
      this.#pictures.memory.give(memory);
    }
  }

  async imageIdentity(row: number): Promise<string | undefined> {
    const sample = this.#sample(row);
    if (sample.missing === 'image') return undefined;
    const digest = await this.#pictures.digest(sample);
    if (digest === undefined) return undefined;
    const { normalise } = this.#tensors.preprocessing;
    const decided = [decoderVersion, this.#pictures.deciding, normalise, digest];
    return createHash('sha256').update(JSON.stringify(decided)).digest('hex');
  }

  /** At most 128 pixels a side, as a data URI. @throws DataError when the file is missing */
  async thumbnail(row: number): Promise<string | undefined> {
    const sample = this.#sample(row);
    return sample.missing === 'image' ? undefined : thumbnail(await readImage(sample), 128);
  }

  /** @returns [captions, maxTokens] int32 ids and mask, owned by the caller */
  texts(captions: readonly string[]): TextInput {
    return this.#tensors.texts.encode(captions);
  }

  textIdentity(caption: string): string {
    return this.#tensors.texts.identity(caption);
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
}
