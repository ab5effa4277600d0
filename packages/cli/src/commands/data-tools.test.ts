import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeScenes, run, writeTiny } from '../cli.testing';
import { exitCode } from '../main';

let folder = '';
let captions = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-data-tools-'));
  captions = await makeScenes(join(folder, 'scenes'));
});
afterAll(() => rm(folder, { recursive: true }));

it('inspects what a dataset holds, by the columns that it has', async () => {
  const table = join(folder, 'q.csv');
  await writeFile(table, 'file,question,answer\na.png,what?,cat\na.png,who?,\n');
  const flags = ['--columns', 'image=file,caption=question,label=answer', '--json'];
  const { code, stdout } = await run('data', 'inspect', table, ...flags);
  expect(code).toBe(exitCode.done);
  expect(JSON.parse(stdout)).toMatchObject({
    format: 'csv',
    rows: 2,
    splits: { train: { samples: 1, captions: 2, labelled: 1 } },
  });
  const lines = (await run('data', 'inspect', captions)).stdout;
  expect(lines).toMatch(/captions\.jsonl: jsonl, 24 rows, 0 rejects\ntrain: \d+ images/);
  const named = (await run('data', 'inspect', table, ...flags.slice(0, 2))).stdout;
  expect(named).toMatch(/missing image files: 1\n {2}q\.csv:2: .*a\.png.* --missing policy /);
  const wrong = await run('data', 'inspect', table);
  expect(wrong.stderr).toContain('--columns image=file,caption=question,label=answer');
  expect((await run('data', 'inspect')).code).toBe(exitCode.usage);
});

it('says once what is wrong with all rows', async () => {
  const file = join(folder, 'queries.jsonl');
  const rows = ['a', 'b', 'c'].map((name) => ({
    image: `${name}.png`,
    query: 'what?',
    answer: 'x',
  }));
  const lines = [...rows.map((row) => JSON.stringify(row)), '{'];
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  const { stdout } = await run('data', 'inspect', file);
  expect(stdout).toContain('jsonl, 4 rows, 4 rejects');
  expect(stdout.split('there is no field for the caption')).toHaveLength(2);
  expect(stdout).toMatch(/queries\.jsonl:1: .*--columns caption=query,label=answer/);
  expect(stdout).toMatch(/queries\.jsonl:4: /);
  expect(stdout).not.toContain('The first');
});

it('measures captions and pictures', async () => {
  const { code, stdout } = await run('data', 'stats', captions, '--max-tokens', '5');
  expect(code).toBe(exitCode.done);
  expect(stdout).toMatch(/cut at 5 tokens/);
  expect(stdout).toMatch(/Pictures: \d+ jpeg, \d+ png; 0 cannot be read\n {2}width 16 \/ 16 \/ 16/);
});

it('writes a page with the pictures', async () => {
  const page = join(folder, 'page.html');
  const { code, stdout, stderr } = await run('data', 'inspect', captions, '--page', page);
  expect(code, stderr).toBe(exitCode.done);
  expect(stdout).toContain(`Page: ${page}`);
  expect(await readFile(page, 'utf8')).toMatch(/<img src="data:image\/jpeg/);
});

it('writes shards that every command reads', async () => {
  const out = join(folder, 'shards');
  const flags = ['--to', 'webdataset', '--out', out, '--shard-size', '10'];
  const { code, stdout } = await run('data', 'convert', captions, ...flags, '--json');
  expect(code).toBe(exitCode.done);
  const { files } = JSON.parse(stdout) as { files: string[] };
  expect((await readdir(out)).sort()).toEqual([...files].sort());
  const again = JSON.parse((await run('data', 'inspect', out, '--json')).stdout) as object;
  expect(again).toMatchObject({ format: 'webdataset', rows: 24, rejects: { count: 0 } });
  const wrong = await run('data', 'convert', captions, '--to', 'zip', '--out', out);
  expect(wrong.code).toBe(exitCode.usage);
  expect(wrong.stderr).toMatch(/--to has a value that is not allowed.*jsonl or webdataset/);
});

it('trains on shards and on class folders, with pairs that change', async () => {
  const shards = join(folder, 'trained-shards');
  await run('data', 'convert', captions, '--to', 'webdataset', '--out', shards);
  const augment = { flip: 0.5, crop: { area: [0.8, 1] }, wordDrop: 0.1 };
  const config = await writeTiny(join(folder, 'tiny.json'), { data: { augment } });
  const out = join(folder, 'run');
  const flags = ['--config', config, '--engine', 'cpu', '--out'];
  const whole = await run('train', ...flags, out, '--captions', shards);
  expect(whole.code, whole.stderr).toBe(exitCode.done);
  // The pictures are the same ones, so the pairs are too, drawn by their ids.
  const plain = join(folder, 'run-plain');
  expect((await run('train', ...flags, plain, '--captions', captions)).code).toBe(exitCode.done);
  const losses = async (run: string): Promise<unknown[]> =>
    (await readFile(join(run, 'metrics.jsonl'), 'utf8'))
      .split('\n')
      .filter((line) => line.includes('"loss"'))
      .map((line) => (JSON.parse(line) as { loss: unknown }).loss);
  expect(await losses(out)).toEqual(await losses(plain));
  expect((await losses(out)).length).toBeGreaterThan(0);

  const folders = join(folder, 'classes');
  for (const [i, name] of (await readdir(join(folder, 'scenes', 'images'))).entries()) {
    const path = join(folders, i % 3 === 0 ? 'dog' : 'cat', name);
    await mkdir(dirname(path), { recursive: true });
    await copyFile(join(folder, 'scenes', 'images', name), path);
  }
  const held = ['--captions', folders, '--hold-out', 'test=0.3', '--text', 'the {class}'];
  const classes = await run('train', ...flags, join(folder, 'run-classes'), ...held);
  expect(classes.code, classes.stderr).toBe(exitCode.done);

  const wrong = ['--set', 'data.augment.flip=2', '--captions', captions];
  const refused = await run('train', ...flags, join(folder, 'none'), ...wrong);
  expect(refused.code).toBe(exitCode.usage);
  expect(refused.stderr).toContain('augment.flip');
});

it('keeps decoded pictures from start to start, and prunes them', async () => {
  const store = join(folder, 'store');
  const config = await writeTiny(join(folder, 'tiny-store.json'));
  const flags = ['--config', config, '--engine', 'cpu', '--captions', captions];
  for (const name of ['stored-1', 'stored-2']) {
    const out = join(folder, name);
    const { code, stderr } = await run('train', ...flags, '--out', out, '--picture-store', store);
    expect(code, stderr).toBe(exitCode.done);
  }
  expect((await run('data', 'store', store)).stdout).toMatch(/store: 24 pictures of 0\.0 MB/);
  const pruned = await run('data', 'store', store, '--keep', '0', '--json');
  expect(JSON.parse(pruned.stdout)).toMatchObject({
    removed: { pictures: 24 },
    left: { bytes: 0 },
  });
  expect((await run('data', 'store')).code).toBe(exitCode.usage);
});
