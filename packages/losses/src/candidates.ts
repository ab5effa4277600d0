import type { Rank, Tensor2D } from '@tensorflow/tfjs-core';
import { hostValue, hostValues, type Batch, type EmbeddingQueue } from '@crossweave/core';
import type { Negatives } from './negatives';
import {
  excluded,
  rightImages,
  rightTexts,
  sameTexts,
  type Identities,
  type Sameness,
} from './same';

export interface DuplicateOptions {
  /**
   * How the text of a different row counts if it is true of an image too: it is left out
   * (`exclude`), a further positive (`positive`), or a negative (`negative`, as in CLIP). Default
   * `exclude`.
   */
  duplicates?: 'exclude' | 'positive' | 'negative';
  /**
   * What makes a text true of an image. Default groups and captions, as far as the batch has them.
   */
  same?: readonly Sameness[];
}

export const duplicateDefaults: Required<DuplicateOptions> = {
  duplicates: 'exclude',
  same: sameTexts,
};

/** Which of the W candidates (the columns) are positives of each row, and which do not count. */
export interface Candidates {
  /** [B, W], rows sum to 1. */
  readonly targets: Tensor2D;
  /**
   * [B, W] terms to add to logits: a large negative number where a candidate does not count, else
   * 0.
   */
  readonly exclusion: Tensor2D;
  readonly negatives: Negatives;
}

export interface CandidateOptions {
  /** The candidates: the texts for each image, or the images for each text. */
  readonly among: 'texts' | 'images';
  /** Share of each row's target that is spread evenly over all candidates that count. Default 0. */
  readonly smoothing?: number;
  /**
   * A queue whose entries are further candidates after those of the batch; empty places never
   * count. Default none.
   */
  readonly queue?: Pick<EmbeddingQueue, 'image' | 'groups' | 'captions'> | undefined;
  /** Number of hard negatives of each row, which are the last candidates. Default 0. */
  readonly hard?: number;
}

/**
 * The candidates of a contrastive loss: the B rows of the other side, then the entries of the
 * queue, then the row's own hard negatives. Targets are spread evenly over the positives, then
 * smoothed as `label_smoothing` of `torch.nn.functional.cross_entropy`.
 */
export function candidates(
  batch: Identities & Pick<Batch, 'size'>,
  duplicates: Required<DuplicateOptions>,
  options: CandidateOptions,
): Candidates {
  const { queue, hard = 0 } = options;
  const width = batch.size + (queue?.image.shape[0] ?? 0) + hard;
  const identities = queue === undefined ? [batch] : [batch, queue];
  const found = hostValues<Identities>(identities.map((each) => hostValue(each))).map(
    ([own, queued]) => rowsOf(own!, duplicates, options, queued),
  );
  const matrix = (which: 'targets' | 'exclusion' | 'mask'): Tensor2D =>
    found.tensor<Rank.R2>((rows) => rows[which], [batch.size, width]);
  return {
    targets: matrix('targets'),
    exclusion: matrix('exclusion'),
    negatives: { mask: matrix('mask'), counts: found.map(({ counts }) => counts) },
  };
}

/** The matrices of {@link Candidates}, each [B·W]. */
function rowsOf(
  batch: Identities,
  { duplicates, same: by }: Required<DuplicateOptions>,
  { among, smoothing = 0, hard = 0 }: CandidateOptions,
  queue?: Identities,
) {
  const size = batch.groups.length;
  const places = queue?.groups ?? [];
  const width = size + places.length + hard;
  const everyone = withQueue(batch, places, queue?.captions);
  const relation = among === 'texts' ? rightTexts : rightImages;
  const right = relation(everyone, duplicates === 'negative' ? [] : by, size);
  const empty = places.flatMap((group, place) => (group === null ? [size + place] : []));
  const there = width - empty.length;
  const of = (value: number): Float32Array => new Float32Array(size * width).fill(value);
  const [targets, exclusion, mask] = [of(0), of(0), of(1)];
  right.forEach((rows, i) => {
    const [positives, counting] =
      duplicates === 'exclude' ? [1, there - rows.size + 1] : [rows.size, there];
    if (smoothing > 0) targets.fill(smoothing / counting, i * width, (i + 1) * width);
    const leaveOut = (at: number): void => {
      targets[at] = 0;
      exclusion[at] = excluded;
    };
    for (const j of rows) {
      const at = i * width + j;
      mask[at] = 0;
      if (i === j || duplicates !== 'exclude') targets[at]! += (1 - smoothing) / positives;
      else leaveOut(at);
    }
    for (const j of empty) {
      mask[i * width + j] = 0;
      leaveOut(i * width + j);
    }
  });
  return { targets, exclusion, mask, counts: right.map((rows) => there - rows.size) };
}

/** The identities of a batch followed by those of a queue, whose classes are not known. */
function withQueue(
  batch: Identities,
  groups: readonly (string | null)[],
  captions: readonly (string | null)[] | undefined,
): Identities {
  if (groups.length === 0) return batch;
  const unknown = (count: number): null[] => new Array<null>(count).fill(null);
  return {
    groups: [...batch.groups, ...groups],
    captions: [
      ...(batch.captions ?? unknown(batch.groups.length)),
      ...(captions ?? unknown(groups.length)),
    ],
    ...(batch.labels && { labels: [...batch.labels, ...unknown(groups.length)] }),
  };
}
