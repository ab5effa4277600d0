import { concat, gather, tidy, zeros, type Rank, type Tensor4D } from '@tensorflow/tfjs-core';
import { ConfigError, type PairRecord, type PairSplit } from '@crossweave/core';
import { encodeTexts, factsOfText } from '@crossweave/data';
import { preparePictures } from '../pictures/prepare-pictures';
import type { PretrainedImage, PretrainedText } from '../pretrained/types';
import type { AskedPair } from './predict';

/**
 * Pairs in memory as a split: pictures are prepared when a batch of them is asked for.
 *
 * @throws ConfigError for a pair with neither side.
 */
export function askedSplit(
  where: string,
  pairs: readonly AskedPair[],
  { preprocessing }: PretrainedImage,
  { tokenizer, maxTokens }: PretrainedText,
): PairSplit {
  const records = pairs.map(({ image, text, id }, place): PairRecord => {
    if (image === undefined && text === undefined) {
      throw new ConfigError('a pair has neither a picture nor a text', {
        where,
        expected: '{ image, text }, or one of them',
        got: `none of them at place ${place}`,
      });
    }
    return {
      id: id ?? image?.name ?? String(place),
      captions: [text ?? ''],
      ...(image === undefined && { missing: 'image' as const }),
      ...(text === undefined && { missing: 'text' as const }),
    };
  });
  const { size } = preprocessing;
  return {
    name: 'asked',
    records,
    images: async (rows) => {
      const files = rows.flatMap((row) => pairs[row]!.image ?? []);
      if (files.length === 0) return zeros<Rank.R4>([rows.length, size, size, 3]);
      const pictures = await preparePictures(files, preprocessing);
      if (files.length === rows.length) return pictures;
      // A blank one stands for those that are missing.
      let next = 0;
      const places = rows.map((row) => (pairs[row]!.image === undefined ? files.length : next++));
      return tidy((): Tensor4D => {
        const blank = zeros<Rank.R4>([1, size, size, 3]);
        return gather(concat([pictures, blank]), places);
      });
    },
    texts: (captions) => encodeTexts(captions, tokenizer, maxTokens),
    textIdentity: (caption) => factsOfText(caption, tokenizer).identity,
  };
}
