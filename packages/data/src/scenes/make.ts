import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, foldIn, key as keyOf, type Key } from '@crossweave/core';
import { writeFileAtomic } from '@crossweave/core/node';
import sharp from 'sharp';
import { captions, hardNegatives, type HardNegative } from './captions';
import { dealScenes, type Block, type Deal, type Split } from './deal';
import { placeScene } from './sample';
import { sceneSvg } from './svg';
import type { Scene } from './vocabulary';

export interface MakeScenesOptions {
  /** Number of pictures over all splits, at least 20. */
  readonly count: number;
  readonly seed: number;
  /** Folder to write to; made if missing, files of the same names are replaced. */
  readonly out: string;
  /** Side of the pictures in pixels, 16 to 1024. Default 64. */
  readonly size?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** One line of `captions.jsonl`. */
export interface SceneRecord {
  readonly id: string;
  /** Relative to the folder of `captions.jsonl`, with `/`. */
  readonly image: string;
  readonly split: Split;
  readonly heldOut: boolean;
  readonly captions: readonly string[];
  /** `negatives[i]` holds the hard negatives of `captions[i]`. */
  readonly negatives: readonly (readonly HardNegative[])[];
  readonly scene: Scene;
}

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

/** Pictures in the making at once; sharp itself works on a thread pool. */
const concurrency = 16;

/** The records that `makeScenes` would write, without any picture being drawn. */
export function sceneRecords(count: number, seed: number): SceneRecord[] {
  return recordsOf(dealScenes(count, dealKey(seed)), seed);
}

/**
 * Renders scenes to `out/images` (three JPEG files to every PNG) with
 * `captions.jsonl`, `dataset.json` and `README.md`. The same count, seed and
 * size give the same bytes. `captions.jsonl` is written last: where it stands,
 * the dataset is complete.
 *
 * @throws ConfigError for a count, seed or size out of range
 */
export async function makeScenes(options: MakeScenesOptions): Promise<ScenesSummary> {
  const { count, seed, out, size = 64, onProgress } = options;
  if (!Number.isInteger(size) || size < 16 || size > 1024) {
    throw new ConfigError('the size of the pictures is out of range', {
      where: 'makeScenes',
      expected: 'a whole number in 16 … 1024',
      got: size,
    });
  }
  const deal = dealScenes(count, dealKey(seed));
  const records = recordsOf(deal, seed);
  await mkdir(join(out, 'images'), { recursive: true });
  const queue = records.values();
  let done = 0;
  const work = async (): Promise<void> => {
    for (const record of queue) {
      // Half a picture after a crash does no harm: without captions.jsonl there is no dataset.
      await writeFile(join(out, record.image), await render(record, size));
      done += 1;
      onProgress?.(done, records.length);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));

  const summary = summarise(records, deal.blocks, seed, size);
  await writeFileAtomic(join(out, 'dataset.json'), `${JSON.stringify(summary, null, 2)}\n`);
  await writeFileAtomic(join(out, 'README.md'), readme(summary));
  const lines = records.map((record) => `${JSON.stringify(record)}\n`);
  await writeFileAtomic(join(out, 'captions.jsonl'), lines.join(''));
  return summary;
}

async function render({ scene, image }: SceneRecord, size: number): Promise<Uint8Array> {
  const picture = sharp(Buffer.from(sceneSvg(scene, size))).removeAlpha();
  return image.endsWith('.png')
    ? picture.png().toBuffer()
    : picture.jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer();
}

function dealKey(seed: number): Key {
  return foldIn(keyOf(seed), 'scenes.deal');
}

function recordsOf({ scenes }: Deal, seed: number): SceneRecord[] {
  const places = foldIn(keyOf(seed), 'scenes.place');
  return scenes.map(({ meaning, split, heldOut }, i) => {
    const id = String(i + 1).padStart(6, '0');
    const scene = placeScene(meaning, foldIn(places, i));
    const said = captions(scene);
    return {
      id,
      image: `images/${id}.${i % 4 === 3 ? 'png' : 'jpg'}`,
      split,
      heldOut,
      captions: said,
      negatives: said.map((caption) => hardNegatives(scene, caption)),
      scene,
    };
  });
}

function summarise(
  records: readonly SceneRecord[],
  heldOutBlocks: Deal['blocks'],
  seed: number,
  size: number,
): ScenesSummary {
  const tally = (some: readonly SceneRecord[]): Record<Split, number> => {
    const counts = { train: 0, val: 0, test: 0 };
    for (const { split } of some) counts[split] += 1;
    return counts;
  };
  return {
    kind: 'scenes',
    version: 1,
    seed,
    size,
    counts: tally(records),
    heldOutCounts: tally(records.filter(({ heldOut }) => heldOut)),
    heldOutBlocks,
  };
}

function readme({ seed, size, counts, heldOutCounts, heldOutBlocks }: ScenesSummary): string {
  const total = counts.train + counts.val + counts.test;
  const pairs = ({ colours, shapes }: Block): string =>
    colours.flatMap((colour) => shapes.map((shape) => `${colour} ${shape}`)).join(', ');
  return `# Scenes

${total} pictures of ${size} × ${size} pixels, each with two objects that differ in colour, texture and
shape, made by \`crossweave data make scenes --n ${total} --seed ${seed}\`.

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
