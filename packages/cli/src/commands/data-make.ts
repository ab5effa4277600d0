import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, lookUp } from '@crossweave/core';
import { lockFolder, readJson } from '@crossweave/core/node';
import { makeScenes } from '@crossweave/data';
import { z } from 'zod';
import { requiredText, wholeNumber, type Command } from '../command';
import { Interrupted } from '../interrupted';

/** Generators of sample data by name. */
const generators = { scenes: makeScenes };

export const dataMake: Command = {
  name: 'data make',
  summary: 'Makes sample data: pictures with captions and hard negatives.',
  positionals: 'scenes',
  options: {
    n: { type: 'string', value: 'N', summary: 'number of pictures', default: '2000' },
    seed: { type: 'string', value: 'N', summary: 'same seed, same bytes', default: '7' },
    size: { type: 'string', value: 'PIXELS', summary: 'side of a picture', default: '64' },
    out: { type: 'string', value: 'DIR', summary: 'folder to write to' },
  },
  example: 'crossweave data make scenes --n 2000 --seed 7 --out scenes',
  async run(values, positionals, { terminal, signal }) {
    const [kind, ...surplus] = positionals;
    if (kind === undefined || surplus.length > 0) {
      throw new ConfigError('name what to make', {
        where: 'crossweave data make',
        expected: Object.keys(generators).join(' or '),
        got: positionals.join(' '),
      });
    }
    const generate = lookUp('crossweave data make', generators, kind);
    const out = requiredText(dataMake, values, 'out');
    const count = wholeNumber(values, 'n', 20, 10_000_000);
    const seed = wholeNumber(values, 'seed');
    const size = wholeNumber(values, 'size', 16, 1024);
    await using lock = await lockFolder(out);

    const present = await completeDataset(lock.path);
    if (present !== undefined) {
      const total = Object.values(present.counts).reduce((sum, each) => sum + each, 0);
      if (present.seed === seed && present.size === size && total === count) {
        terminal.line(`${out} already holds these ${total} pictures.`);
        return present;
      }
      throw new ConfigError('the folder holds another dataset', {
        where: out,
        expected: `${count} pictures of ${size} px, seed ${seed}`,
        got: `${total} pictures of ${present.size} px, seed ${present.seed}`,
        advice: 'Choose another --out, or remove the folder.',
      });
    }

    const progress = terminal.progress('Rendering');
    const summary = await generate({
      count,
      seed,
      size,
      out: lock.path,
      signal,
      onProgress: (done, total) => progress.update(done, total),
    }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
      throw new Interrupted(
        'Stopped; the dataset is not complete. The same command makes it anew.',
      );
    });
    progress.done();
    const { train, val, test } = summary.counts;
    terminal.line(
      `${out}: ${train} train, ${val} val, ${test} test pictures; captions.jsonl, README.md`,
    );
    return summary;
  },
};

const summaryOf = z.object({
  seed: z.int(),
  size: z.int(),
  counts: z.object({ train: z.int(), val: z.int(), test: z.int() }),
});

/** The summary of a dataset that was written to its end, if the folder holds one. */
async function completeDataset(folder: string): Promise<z.output<typeof summaryOf> | undefined> {
  if (!existsSync(join(folder, 'captions.jsonl'))) return undefined;
  try {
    return summaryOf.loose().parse(await readJson(join(folder, 'dataset.json')));
  } catch (cause) {
    throw new ConfigError('the folder holds captions of something else', {
      where: folder,
      advice: 'Choose another --out.',
      cause,
    });
  }
}
