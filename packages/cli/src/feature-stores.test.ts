import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureFeatureStore } from '@crossweave/lab';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { named } from '../../tfjs-backend-onnx/test/left-out';
import { withoutBf16 } from '../../tfjs-backend-openvino/test/library';
import { fixture, makeScenes, run, writeTiny } from './cli.testing';
import { exitCode } from './main';

let folder = '';
let captions = '';
const cpu = ['--engine', 'cpu'];
const noBf16 = withoutBf16();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-features-'));
  captions = await makeScenes(join(folder, 'scenes'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Row {
  readonly image: string;
  readonly split: string;
  readonly captions: readonly string[];
}

/** What a command says in its JSON, and of each split how much of it was in the store. */
async function done(...args: string[]): Promise<{ figures: object; stored: string[] }> {
  const { code, stdout, stderr } = await run(
    ...args,
    ...(args.includes('--engine') ? [] : cpu),
    '--json',
  );
  expect(code, stderr).toBe(exitCode.done);
  const stored = stderr.matchAll(
    /^Encoding "(\w+)": done in [\d.]+ s(?:, (\d+) of (\d+) images and (\d+) of (\d+) texts.*)?$/gm,
  );
  const { metrics, floors } = JSON.parse(stdout) as Record<string, object>;
  return {
    figures: { metrics, floors },
    stored: Array.from(stored, ([, split, images, ofImages, texts, ofTexts]) => {
      if (images === undefined) return `${split!}: none`;
      if (images === ofImages && texts === ofTexts) return `${split!}: all`;
      return `${split!}: ${images} images, ${texts!} texts`;
    }),
  };
}

it('eval --model encodes nothing twice, and reads no features of other weights', async () => {
  const store = ['--feature-store', join(folder, 'of-models')];
  const evaluate = (...more: string[]) =>
    done('eval', '--model', fixture('clip'), '--captions', captions, ...more);
  const plain = await evaluate();
  expect(plain.stored).toEqual(['test: none', 'train: none']);
  const first = await evaluate(...store);
  expect(first.stored[0]).toBe('test: 0 images, 0 texts');
  const again = await evaluate(...store);
  expect(again.stored).toEqual(['test: all', 'train: all']);
  expect([first.figures, again.figures]).toEqual([plain.figures, plain.figures]);
  const other = ['eval', '--model', fixture('siglip'), '--captions', captions];
  expect((await done(...other, ...store)).stored[0]).toBe('test: 0 images, 0 texts');
});

it.skipIf(noBf16 !== null)(
  named('eval reads no features of bf16 in float32, nor the other way round', noBf16),
  async () => {
    const evaluate = (precision: string) =>
      done(
        ...['eval', '--model', fixture('clip'), '--captions', captions],
        ...['--engine', 'onnx:openvino', '--precision', precision],
        ...['--feature-store', join(folder, 'of-precisions')],
      );
    for (const precision of ['bf16', 'float32']) {
      expect((await evaluate(precision)).stored[0]).toBe('test: 0 images, 0 texts');
    }
    for (const precision of ['bf16', 'float32']) {
      expect((await evaluate(precision)).stored).toEqual(['test: all', 'train: all']);
    }
  },
);

it('train keeps the features of the finished model alone, which eval and predict of the run find', async () => {
  const lines = (await readFile(captions, 'utf8')).trimEnd().split('\n');
  const rows = lines.map((line, i) => {
    const { image, captions: all, split } = JSON.parse(line) as Row;
    return { image, split, caption: all[0], label: i % 3 === 0 ? 'yes' : 'no' };
  });
  const inLines = (each: readonly object[]): string =>
    each.map((row) => JSON.stringify(row)).join('\n');
  const answers = join(folder, 'scenes', 'answers.jsonl');
  const asked = join(folder, 'scenes', 'asked.jsonl');
  await writeFile(answers, inLines(rows));
  await writeFile(
    asked,
    inLines(rows.slice(0, 3).map(({ image, caption }) => ({ image, caption }))),
  );
  const config = await writeTiny(join(folder, 'tiny.json'), {
    data: { captions: answers },
    training: { evaluate: { every: 1, split: 'val' } },
  });
  const [store, out] = [join(folder, 'of-runs'), join(folder, 'run')];
  const task = ['train', '--config', config, '--task', 'answering', '--feature-store', store];
  const trained = await done(...task, '--out', out);
  // While it trains, then with the finished model: temperatures on val, the figures, their floors.
  expect(trained.stored).toEqual([
    ...['test: none', 'val: none', 'val: none'],
    ...['val: 0 images, 0 texts', 'test: 0 images, 0 texts'],
    expect.stringMatching(/^train: 0 images/),
  ]);
  // Both towers, with the weights that they have at the end.
  expect((await measureFeatureStore(store)).encoders).toBe(2);

  const measured = await done('eval', '--run', out);
  expect(measured.stored).toEqual(['test: all', 'train: all']);
  expect(measured.figures).toEqual(trained.figures);
  const said = join(folder, 'said.jsonl');
  const predict = ['predict', '--run', out, '--captions', asked, '--out', said];
  expect((await done(...predict)).stored).toEqual([expect.stringMatching(/: all$/)]);
  const known = await readFile(said, 'utf8');
  const other = ['--feature-store', join(folder, 'empty')];
  expect((await done(...predict, ...other)).stored).toEqual([
    expect.stringMatching(/: 0 images, 0 texts$/),
  ]);
  expect(await readFile(said, 'utf8')).toBe(known);

  const again = await done(...task, '--out', join(folder, 'again'), '--set', 'seed=7');
  expect(again.stored[4]).toBe('test: 0 images, 0 texts');
  expect((await measureFeatureStore(store)).encoders).toBe(4);
});
