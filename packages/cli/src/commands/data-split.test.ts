import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../cli.testing';
import { exitCode } from '../main';

let folder = '';
let file = '';

/** 40 rows: two a picture, pictures 0 and 1 of the same bytes, four pictures a group. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-split-'));
  await mkdir(join(folder, 'images'));
  for (let i = 0; i < 20; i++) {
    await writeFile(join(folder, `images/${i}.png`), `bytes ${Math.max(i, 1)}`);
  }
  const rows = Array.from({ length: 40 }, (_, i) => {
    const picture = Math.floor(i / 2);
    const group = picture < 8 ? `group ${Math.floor(picture / 4)}` : '';
    return `images/${picture}.png,caption ${i % 5},${i % 4 === 0 ? 'rare' : 'common'},${group}`;
  });
  file = join(folder, 'all.csv');
  await writeFile(file, `image,caption,label,group\n${rows.join('\n')}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Line {
  readonly image: string;
  readonly split: string;
  readonly labels: readonly string[];
  readonly group?: string;
}

async function split(...more: string[]) {
  const out = join(folder, 'out', 'split.jsonl');
  await mkdir(join(folder, 'out'), { recursive: true });
  const ended = await run('data', 'split', '--captions', file, '--out', out, '--json', ...more);
  const lines = async (): Promise<Line[]> =>
    (await readFile(out, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  return { ...ended, lines };
}

describe('data split', () => {
  it('keeps pictures, equal bytes and groups together, and every row', async () => {
    const { code, stdout, stderr, lines } = await split('--val', '0.2', '--test', '0.2');
    expect(code, stderr).toBe(exitCode.done);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 40, rejected: 0 });
    const all = await lines();
    expect(all).toHaveLength(40);
    const splitOf = new Map<string, Set<string>>();
    for (const { image, split: name, group } of all) {
      expect(image).toMatch(/^\.\.\/images\//);
      for (const of of [
        image.replace('/0.png', '/1.png'),
        ...(group === undefined ? [] : [group]),
      ]) {
        splitOf.set(of, (splitOf.get(of) ?? new Set()).add(name));
      }
    }
    for (const [what, names] of splitOf) expect([what, names.size]).toEqual([what, 1]);
    expect(new Set(all.map(({ split: name }) => name)).size).toBe(3);
    expect(all[0]!.labels).toEqual(['rare']);
  });

  it('gives the same splits for the same seed, others for another', async () => {
    const first = await (await split()).lines();
    expect(await (await split()).lines()).toEqual(first);
    expect(await (await split('--seed', '5')).lines()).not.toEqual(first);
  });

  it.each([
    ['a share of 1', ['--test', '1'], /--test must be a share/],
    ['shares that leave nothing', ['--test', '0.6', '--val', '0.4'], /nothing to train on/],
    ['another word', ['--apart', 'everything'], /images or images-and-captions/],
    ['captions that all rows share', ['--apart', 'images-and-captions'], /no record is left/],
  ])('refuses %s', async (_what, flags, message) => {
    const { code, stderr } = await split(...flags);
    expect(code).not.toBe(exitCode.done);
    expect(stderr).toMatch(message);
  });

  it('refuses a file that has splits, unless it is told to ignore them', async () => {
    const given = join(folder, 'given.csv');
    await writeFile(given, (await readFile(file, 'utf8')).replace('label,', 'split,'));
    const to = ['data', 'split', '--captions', given, '--out', join(folder, 'new.jsonl')];
    expect((await run(...to)).stderr).toMatch(/has splits already.*--again/s);
    expect((await run(...to, '--again')).code).toBe(exitCode.done);
  });

  it('takes folders of classes, whose classes are dealt by the shares', async () => {
    const root = join(folder, 'classes');
    for (let i = 0; i < 40; i++) {
      const of = join(root, i % 4 === 0 ? 'rare one' : 'common', `deep ${i % 3}`);
      await mkdir(of, { recursive: true });
      await writeFile(join(of, `${i}.png`), `picture ${i}`);
    }
    const out = join(folder, 'classes.jsonl');
    const to = ['data', 'split', '--captions', root, '--out', out];
    const { code, stderr } = await run(...to, '--val', '0.1', '--test', '0.2');
    expect(code, stderr).toBe(exitCode.done);
    const lines = (await readFile(out, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    const of = (label: string, name: string): number =>
      lines.filter(({ labels, split: own }) => labels[0] === label && own === name).length;
    expect(['train', 'val', 'test'].map((name) => of('rare one', name))).toEqual([7, 1, 2]);
    expect(['train', 'val', 'test'].map((name) => of('common', name))).toEqual([21, 3, 6]);
    expect(lines[0]!.image).toMatch(/^classes\/common\/deep \d\/\d+\.png$/);
  });

  it('refuses a file of which more than a twentieth is damaged, unless that is allowed', async () => {
    const whole = await readFile(file, 'utf8');
    await writeFile(file, whole + 'images/1.png,,common,\n'.repeat(3));
    try {
      const { code, stderr } = await split();
      expect(code).toBe(exitCode.failed);
      expect(stderr).toMatch(/3 of 43 rows are damaged/);
      expect(stderr).toContain('--max-rejects 0.07');
      const { stdout } = await split('--max-rejects', '0.1');
      expect(JSON.parse(stdout)).toMatchObject({ rows: 43, rejected: 3 });
      expect((await split('--max-rejects', 'few')).code).toBe(exitCode.usage);
    } finally {
      await writeFile(file, whole);
    }
  });
});
