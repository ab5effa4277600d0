import { add, mul, sub, type Rank, type Tensor2D } from '@tensorflow/tfjs-core';
import { hostValue, hostValues, type Batch, type EmbeddingQueue } from '@crossweave/core';
import { firstDiagonal, type Negatives } from './negatives';
import {
  excluded,
  maskOf,
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
   * [B, W], or [1, W] where it is the same for all rows: terms to add to logits, a large negative
   * number where a candidate does not count, else 0.
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
  const { among, queue, smoothing = 0, hard = 0 } = options;
  const { size } = batch;
  const width = size + (queue?.image.shape[0] ?? 0) + hard;
  const identities = queue === undefined ? [batch] : [batch, queue];
  const found = hostValues<Identities>(identities.map((each) => hostValue(each))).map(
    ([own, queued]) => rowsOf(own!, duplicates, { among, hard }, queued),
  );
  // One matrix comes from JavaScript; the others are computed of it, so that a large batch makes
  // less garbage.
  const mask = maskOf(found, (rows) => rows.mask, [size, width]);
  const own = firstDiagonal(size, width);
  const isExcluding = duplicates.duplicates === 'exclude';
  const counting = isExcluding
    ? add<Tensor2D>(mask, own)
    : maskOf(found, ({ there }) => there, [1, width]);
  const positives = isExcluding ? own : sub<Tensor2D>(counting, mask);
  const perRow = (make: (row: RowCounts) => number): Tensor2D =>
    found.tensor<Rank.R2>(({ counts }) => counts.map(make), [size, 1]);
  const shares =
    isExcluding && smoothing === 0
      ? own
      : mul<Tensor2D>(
          positives,
          perRow((row) => (1 - smoothing) / row.positives),
        );
  const evenly = (): Tensor2D => perRow((row) => smoothing / row.counting);
  return {
    targets: smoothing === 0 ? shares : add(shares, mul(counting, evenly())),
    exclusion: mul(sub(1, counting), excluded),
    negatives: { mask, counts: found.map(({ counts }) => counts.map((row) => row.negatives)) },
  };
}

/** Numbers of candidates of one row. */
interface RowCounts {
  readonly positives: number;
  /** Positives and negatives. */
  readonly counting: number;
  readonly negatives: number;
}

/** What {@link candidates} are made of: `mask` [B·W], `there` [W], 0 for an empty place of the queue. */
function rowsOf(
  batch: Identities,
  { duplicates, same: by }: Required<DuplicateOptions>,
  { among, hard }: { readonly among: 'texts' | 'images'; readonly hard: number },
  queue?: Identities,
): { mask: Uint8Array; there: Uint8Array; counts: RowCounts[] } {
  const size = batch.groups.length;
  const places = queue?.groups ?? [];
  const width = size + places.length + hard;
  const everyone = withQueue(batch, places, queue?.captions);
  const relation = among === 'texts' ? rightTexts : rightImages;
  const right = relation(everyone, duplicates === 'negative' ? [] : by, size);
  const there = new Uint8Array(width).fill(1);
  places.forEach((group, place) => {
    if (group === null) there[size + place] = 0;
  });
  const present = there.reduce((all, each) => all + each, 0);
  const mask = new Uint8Array(size * width);
  right.forEach((rows, i) => {
    mask.set(there, i * width);
    for (const j of rows) mask[i * width + j] = 0;
  });
  const counts = right.map((rows): RowCounts => {
    const positives = duplicates === 'exclude' ? 1 : rows.size;
    const negatives = present - rows.size;
    return { positives, negatives, counting: positives + negatives };
  });
  return { mask, there, counts };
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
