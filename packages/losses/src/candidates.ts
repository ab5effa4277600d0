import { tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';
import { excluded, sameness, sameTexts, type Identities, type Sameness } from './same';

export interface DuplicateOptions {
  /**
   * What becomes of a row whose text is as true of an image as its own: left out (`exclude`), one
   * more true text (`positive`), or a false one as any other (`negative`, what CLIP does).
   * Default `exclude`.
   */
  duplicates?: 'exclude' | 'positive' | 'negative';
  /** What makes two rows the same, where the batch tells it. Default groups and captions. */
  same?: readonly Sameness[];
}

export const duplicateDefaults: Required<DuplicateOptions> = {
  duplicates: 'exclude',
  same: sameTexts,
};

/** Which of the W candidates in the columns are right for each row, and which do not count. */
export interface Candidates {
  /** [B, W], rows sum to 1. */
  readonly targets: Tensor2D;
  /** [B, W] to be added to logits: 0, or a large negative number where one does not count. */
  readonly barred: Tensor2D;
  /** [B, W] 1 where the candidate is no negative. */
  readonly spared: Tensor2D;
}

/** Candidates beside the B rows of the other side, in this order. */
export interface MoreCandidates {
  /** Images of the rows of a queue; null: an empty place, which never counts. Default none. */
  readonly queue?: readonly (string | null)[];
  /** How many false ones each row has of its own. Default 0. */
  readonly hard?: number;
}

/**
 * The candidates of a contrast in the batch: the B rows of the other side, and `more`. Targets are
 * spread evenly over the true ones, then smoothed: a share `smoothing` of each row is spread evenly
 * over all that count, as `label_smoothing` of `torch.nn.functional.cross_entropy`.
 */
export function candidates(
  batch: Identities,
  { duplicates, same: by }: Required<DuplicateOptions>,
  smoothing = 0,
  { queue = [], hard = 0 }: MoreCandidates = {},
): Candidates {
  const size = batch.groups.length;
  const width = size + queue.length + hard;
  const everyone = { ...batch, groups: [...batch.groups, ...queue] };
  const same = sameness(everyone, duplicates === 'negative' ? [] : by).slice(0, size);
  const empty = queue.flatMap((group, place) => (group === null ? [size + place] : []));
  const there = width - empty.length;
  const [targets, barred, spared] = [0, 1, 2].map(() => new Float32Array(size * width));
  same.forEach((alike, i) => {
    const [positives, counting] =
      duplicates === 'exclude' ? [1, there - alike.size + 1] : [alike.size, there];
    if (smoothing > 0) targets!.fill(smoothing / counting, i * width, (i + 1) * width);
    for (const j of alike) {
      const at = i * width + j;
      spared![at] = 1;
      if (i === j || duplicates !== 'exclude') targets![at]! += (1 - smoothing) / positives;
      else {
        targets![at] = 0;
        barred![at] = excluded;
      }
    }
    for (const j of empty) {
      const at = i * width + j;
      spared![at] = 1;
      targets![at] = 0;
      barred![at] = excluded;
    }
  });
  const matrix = (values?: Float32Array): Tensor2D => tensor2d(values!, [size, width]);
  return { targets: matrix(targets), barred: matrix(barred), spared: matrix(spared) };
}
