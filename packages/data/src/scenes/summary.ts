import type { Block, Deal, Dealt, Split } from './deal';

/** The content of `dataset.json`. */
export interface ScenesSummary {
  readonly kind: 'scenes';
  readonly version: 1;
  readonly seed: number;
  readonly size: number;
  readonly counts: Readonly<Record<Split, number>>;
  /** How many of `counts` consist of held-out pairs. */
  readonly heldOutCounts: Readonly<Record<Split, number>>;
  readonly heldOutBlocks: Readonly<Record<'val' | 'test', Block>>;
}

/** Counts of a deal's scenes. */
export function summarise({ scenes, blocks }: Deal, seed: number, size: number): ScenesSummary {
  const tally = (some: readonly Dealt[]): Record<Split, number> => {
    const counts = { train: 0, val: 0, test: 0 };
    for (const { split } of some) counts[split] += 1;
    return counts;
  };
  return {
    kind: 'scenes',
    version: 1,
    seed,
    size,
    counts: tally(scenes),
    heldOutCounts: tally(scenes.filter(({ heldOut }) => heldOut)),
    heldOutBlocks: blocks,
  };
}

/** The README that stands beside the pictures. */
export function readme({
  seed,
  size,
  counts,
  heldOutCounts,
  heldOutBlocks,
}: ScenesSummary): string {
  const total = counts.train + counts.val + counts.test;
  const pairs = ({ colours, shapes }: Block): string =>
    colours.flatMap((colour) => shapes.map((shape) => `${colour} ${shape}`)).join(', ');
  return `# Scenes

${total} pictures of ${size} × ${size} pixels, each with two objects that differ in colour, texture and
shape, made by \`crossweave data make scenes --n ${total} --seed ${seed} --size ${size}\`.

\`captions.jsonl\` has one line a picture: \`id\`, \`image\`, \`split\`, \`heldOut\`, five true \`captions\`, \`negatives\`
(for each caption those that hold the same words but are false of the picture, with their \`kind\`), and
the \`scene\` itself.

| split | pictures | of held-out pairs |
| --- | --- | --- |
| train | ${counts.train} | ${heldOutCounts.train} |
| val | ${counts.val} | ${heldOutCounts.val} |
| test | ${counts.test} | ${heldOutCounts.test} |

No two pictures of val or of test mean the same, and none of them means what a picture of another
split means. These colour–shape pairs occur in no picture, caption or negative of train:

- val: ${pairs(heldOutBlocks.val)}
- test: ${pairs(heldOutBlocks.test)}
`;
}
