import { existsSync } from 'node:fs';
import { appendFile, cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checksumOf } from '@crossweave/trainer/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeScenes, run, tinyModel, writeTiny, type Ended } from './cli.testing';
import { exitCode } from './main';

let folder = '';
let captions = '';
let config = '';
let trained = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-runs-'));
  captions = await makeScenes(join(folder, 'scenes'));
  config = await writeTiny(join(folder, 'tiny.json'));
  trained = join(folder, 'trained');
  const { code, stderr } = await train(trained);
  expect(code, stderr).toBe(exitCode.done);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function train(out: string, ...more: string[]): Promise<Ended> {
  const data = more.includes('--captions') ? [] : ['--captions', captions];
  return run('train', '--config', config, '--out', out, '--engine', 'cpu', ...data, ...more);
}

const evaluate = (out: string, ...more: string[]): Promise<Ended> =>
  run('eval', '--run', out, '--engine', 'cpu', ...more);

/** A copy of the trained run, to be damaged. */
async function copyOf(name: string): Promise<string> {
  const path = join(folder, name);
  await cp(trained, path, { recursive: true });
  return path;
}

/** The scenes with every line of the captions file changed by `change`. */
async function otherCaptions(name: string, change: (line: string) => string): Promise<string> {
  const file = join(folder, 'scenes', `${name}.jsonl`);
  const lines = (await readFile(captions, 'utf8')).trimEnd().split('\n');
  await writeFile(file, lines.map((line) => `${change(line)}\n`).join(''));
  return file;
}

describe('figures stand beside what they are held against', () => {
  it('chance, floors and the model before training, in the table and as data', async () => {
    const out = join(folder, 'figures');
    const { stdout, stderr } = await train(out, '--json');
    const results = JSON.parse(stdout) as {
      metrics: Record<string, number>;
      chance: Record<string, number>;
      beforeTraining: Record<string, number>;
      floors: Record<string, Record<string, number>>;
    };
    const names = Object.keys(results.metrics);
    expect(names).toContain('retrieval.i2t.r1');
    expect(Object.keys(results.chance)).toEqual(names);
    expect(Object.keys(results.beforeTraining)).toEqual(names);
    expect(Object.keys(results.floors)).toEqual(['image-blind', 'bag-of-words']);
    expect(results.chance['retrieval.i2t.r1']).toBe(1 / 2);
    for (const title of ['before training', 'bag-of-words', 'chance']) {
      expect(stderr).toContain(title);
    }
    expect(JSON.parse(await readFile(join(out, 'results.json'), 'utf8'))).toMatchObject({
      schema: 1,
      beforeTraining: results.beforeTraining,
    });
    // A second call reads them; it has no untrained model any more.
    const again = await train(out, '--json');
    expect(JSON.parse(again.stdout)).toEqual(results);
  });

  it('what is measured before training is the model that training begins with', async () => {
    const still = await writeTiny(join(folder, 'still.json'), {
      image: { ...tinyModel.image, freeze: 'all' },
      text: { ...tinyModel.text, freeze: 'all' },
      training: { learningRate: { fusion: 0, loss: 0 } },
    });
    const out = join(folder, 'still');
    const ofRun = ['--captions', captions, '--out', out, '--engine', 'cpu', '--json'];
    const { stdout, stderr } = await run('train', '--config', still, ...ofRun);
    expect(stdout, stderr).not.toBe('');
    const { metrics, beforeTraining } = JSON.parse(stdout) as Record<string, unknown>;
    expect(metrics).toEqual(beforeTraining);
  });
});

describe('a run that failed its checks leaves nothing', () => {
  it.each([
    ['a wrong loss name', ['training.loss.name=info-nec'], 'Did you mean "info-nce"?'],
    ['a loss that the model cannot serve', ['training.loss.name=momentum-contrastive'], 'teacher'],
    // The one of which it is tried that the corrected command works.
    ['a batch larger than the split', ['training.batchSize=100'], 'batch'],
    ['a split that is not there', ['data.test=tset'], 'Did you mean "test"?'],
    ['heads that do not divide the width', ['text.options.heads=3'], 'heads'],
    [
      'weights that are not there',
      ['image.weights=nowhere.safetensors', 'data.normalise=clip'],
      'nowhere.safetensors: there is no such file',
    ],
  ])('%s, and the corrected command works', async (_what, settings, message) => {
    const out = join(folder, `corrected-${message}`);
    const wrong = await train(out, ...settings.flatMap((each) => ['--set', each]));
    expect(wrong.code).not.toBe(exitCode.done);
    expect(wrong.stderr).toContain(message);
    expect(wrong.stderr).not.toContain('Reading pictures');
    expect(existsSync(out)).toBe(false);
    if (message !== 'batch') return;
    const right = await train(out);
    expect(right.code, right.stderr).toBe(exitCode.done);
  });

  it('so that the next data gets its own vocabulary', async () => {
    const out = join(folder, 'vocabulary');
    const others = await otherCaptions('others', (line) =>
      line.replaceAll(/\b(a|is|on|the|there)\b/g, (word) => `${word}x`),
    );
    expect((await train(out, '--set', 'training.batchSize=100')).code).toBe(exitCode.failed);
    const second = await train(out, '--captions', others, '--json');
    expect(second.code, second.stderr).toBe(exitCode.done);
    const { load } = JSON.parse(second.stdout) as {
      load: { splits: { train: { unknown: { tokens: number } } } };
    };
    expect(load.splits.train.unknown.tokens).toBe(0);
  });
});

describe('a run goes on only as what it is', () => {
  it('refuses another config, before anything is read', async () => {
    const before = await readFile(join(trained, 'run.json'), 'utf8');
    const { code, stderr } = await train(trained, '--set', 'training.batchSize=2');
    expect(code).toBe(exitCode.usage);
    expect(stderr).toContain('config.training.batchSize: 4 → 2');
    expect(stderr).not.toContain('engine');
    expect(await readFile(join(trained, 'run.json'), 'utf8')).toBe(before);
  });

  it('refuses other captions and other pictures, and keeps its fingerprints', async () => {
    const before = await readFile(join(trained, 'run.json'), 'utf8');
    const file = await otherCaptions('reworded', (line) => line.replace('left', 'LEFT SIDE'));
    const reworded = await train(trained, '--captions', file, '--set', 'training.steps=2');
    expect(reworded.code).toBe(exitCode.usage);
    expect(reworded.stderr).toMatch(/captions changed: fingerprint sha256:\w+ → sha256:\w+/);
    expect(reworded.stderr).not.toContain('Reading pictures');

    const copy = join(folder, 'repainted');
    await cp(join(folder, 'scenes'), copy, { recursive: true });
    await cp(join(copy, 'images', '000002.jpg'), join(copy, 'images', '000001.jpg'));
    const repainted = await train(trained, '--captions', join(copy, 'captions.jsonl'));
    expect(repainted.code).toBe(exitCode.usage);
    expect(repainted.stderr).toMatch(/data changed: fingerprint/);
    expect(await readFile(join(trained, 'run.json'), 'utf8')).toBe(before);
  });

  it('takes the same data from another place', async () => {
    const moved = join(folder, 'moved');
    await cp(join(folder, 'scenes'), moved, { recursive: true });
    const { code, stderr } = await train(trained, '--captions', join(moved, 'captions.jsonl'));
    expect(code, stderr).toBe(exitCode.done);
  });

  it('refuses another tokenizer, by its name or in place of the one it made', async () => {
    const out = await copyOf('tokenizer');
    const own = join(out, 'tokenizer', 'tokenizer.json');
    const changed = (await readFile(own, 'utf8')).replace('"left":', '"lleft":');
    await writeFile(own, changed);
    const inPlace = await train(out);
    expect(inPlace.code).toBe(exitCode.failed);
    expect(inPlace.stderr).toContain('a tokenizer that was not made of these captions');
    const measured = await evaluate(out);
    expect(measured.code).toBe(exitCode.failed);
    expect(measured.stderr).toContain('not the one that the run was trained with');

    const named = join(folder, 'named');
    await cp(join(out, 'tokenizer'), named, { recursive: true });
    const byName = await train(await copyOf('by-name'), '--set', `data.tokenizer=${named}`);
    expect(byName.code).toBe(exitCode.usage);
    expect(byName.stderr).toMatch(/tokenizer changed: fingerprint/);
  });
});

describe('eval measures the run that is there', () => {
  it('refuses a record that was edited, and a model that the checkpoint does not fit', async () => {
    const out = await copyOf('edited');
    const file = join(out, 'run.json');
    const record = JSON.parse(await readFile(file, 'utf8')) as {
      identity: { config: { text: { options: { layers: number } } } };
      checksum: string;
    };
    record.identity.config.text.options.layers = 1;
    await writeFile(file, JSON.stringify(record));
    const edited = await evaluate(out);
    expect(edited.code).toBe(exitCode.failed);
    expect(edited.stderr).toContain('the record of the run was changed');

    // Even with a checksum that fits, each parameter must have its place.
    record.checksum = checksumOf(record.identity);
    await writeFile(file, JSON.stringify(record));
    const forged = await evaluate(out);
    expect(forged.code).toBe(exitCode.failed);
    expect(forged.stderr).toContain('the checkpoint belongs to another run');
  });

  it('refuses changed data, unless it is named, and then says so', async () => {
    const out = await copyOf('changed');
    const file = await otherCaptions('of-eval', (line) => line.replace('right', 'RIGHT SIDE'));
    const asked = await evaluate(out, '--captions', file, '--json');
    expect(asked.code, asked.stderr).toBe(exitCode.done);
    expect(asked.stderr).toContain('Other data than the run was made on');
    expect(JSON.parse(asked.stdout)).toMatchObject({ data: { captions: file, ofTheRun: false } });

    const own = await evaluate(out, '--captions', captions, '--json');
    expect(own.stderr).not.toContain('Other data');
    expect(JSON.parse(own.stdout)).toMatchObject({ data: { ofTheRun: true } });

    const record = JSON.parse(await readFile(join(out, 'run.json'), 'utf8')) as {
      paths: { captions: string };
    };
    record.paths.captions = file;
    await writeFile(join(out, 'run.json'), JSON.stringify(record));
    const silently = await evaluate(out);
    expect(silently.code).toBe(exitCode.failed);
    expect(silently.stderr).toMatch(/the captions changed since the run was made.*--captions/);
  });
});

describe('damaged files give typed errors', () => {
  it.each([
    ['run.json', '{"identity":', 'not JSON'],
    ['run.json', '[1]', 'not an object'],
    ['run.json', '['.repeat(100_000), 'not JSON'],
    ['run.json', '{"identity":{"format":99},"checksum":"x"}', 'changed after'],
    ['metrics.jsonl', '{"kind":"st\n', 'metrics.jsonl:1'],
    ['tokenizer/tokenizer.json', '{', 'tokenizer'],
    ['tokenizer/crossweave.json', '{}', 'crossweave.json'],
    ['checkpoints/step-00000002.params.safetensors', 'x', 'step-00000002.params'],
  ])('%s', async (name, content, message) => {
    const out = await copyOf(`damaged-${name.replaceAll('/', '-')}-${content.length}`);
    await writeFile(join(out, name), content);
    const end = await train(out, '--json');
    expect(JSON.parse(end.stdout)).toMatchObject({
      error: { code: /^(data|file-format|config)$/ },
    });
    expect(end.stderr.slice(0, 5000)).toContain(message);
    expect(end.stderr.split('\n').some((line) => line.length > 5000)).toBe(false);
  });

  it.each([
    ['a file', 'file'],
    ['below a file', 'file/run'],
    ['a folder that cannot be made', '/proc/crossweave'],
    ['a name of nothing', '\0'],
  ])('--out that is %s', async (_what, name) => {
    await writeFile(join(folder, 'file'), '');
    const end = await train(name.startsWith('/') ? name : join(folder, name), '--json');
    expect(end.code).toBe(exitCode.failed);
    expect(JSON.parse(end.stdout)).toMatchObject({ error: { code: 'data' } });
  });

  it('a config of any depth', async () => {
    const file = join(folder, 'deep.json');
    const levels = 5000;
    await writeFile(file, `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
    for (const args of [
      ['--config', file],
      ['--config', config, '--set', `image.options=${'['.repeat(levels)}${']'.repeat(levels)}`],
      ['--config', config, '--set', '__proto__.a=1'],
      ['--config', config, '--set', 'image.options.__proto__={"a":1}'],
    ]) {
      const end = await run('train', ...args, '--captions', captions, '--out', 'x', '--json');
      expect(JSON.parse(end.stdout)).toMatchObject({ error: { code: /^(file-format|config)$/ } });
    }
    expect(({} as { a?: number }).a).toBeUndefined();
  });
});

describe('data that is named otherwise', () => {
  it('is read by flags, which the error names', async () => {
    const rows = (await readFile(captions, 'utf8')).trimEnd().split('\n');
    const csv = rows.map((row) => {
      const {
        image,
        split,
        captions: [first],
      } = JSON.parse(row) as {
        image: string;
        split: string;
        captions: string[];
      };
      return [image, first, split].join(';');
    });
    const file = join(folder, 'scenes', 'named.csv');
    await writeFile(file, ['filepath;title;split', ...csv, ''].join('\n'));
    const wrong = await train(join(folder, 'csv'), '--captions', file, '--delimiter', ';');
    expect(wrong.stderr).toContain('--columns image=filepath,caption=title');
    expect(wrong.stderr).not.toContain('columns: {');
    const flags = ['--delimiter', ';', '--columns', 'image=filepath,caption=title'];
    const right = await train(join(folder, 'csv'), '--captions', file, ...flags);
    expect(right.code, right.stderr).toBe(exitCode.done);
    const again = await evaluate(join(folder, 'csv'));
    expect(again.code, again.stderr).toBe(exitCode.done);
  });

  it('counts what was damaged', async () => {
    const file = await otherCaptions('damaged', (line) => line);
    await appendFile(file, '{"image": 3}\n');
    const out = join(folder, 'counted');
    const refused = await train(out, '--captions', file, '--set', 'data.maxRejects=0');
    expect(refused.stderr).toContain('--max-rejects 0.04');
    const { stdout, stderr } = await train(out, '--captions', file, '--json');
    expect(stderr).toContain('1 record skipped');
    expect(stderr).not.toContain('columns: {');
    const counts = { load: { rows: 25, rejected: 1, rejectedBy: { record: 1 } } };
    expect(JSON.parse(stdout)).toMatchObject(counts);
    expect(JSON.parse(await readFile(join(out, 'run.json'), 'utf8'))).toMatchObject(counts);
    expect((await readdir(out)).some((name) => name.startsWith('.'))).toBe(false);
  });

  it('is checked by value', async () => {
    for (const flags of [
      ['--columns', 'image'],
      ['--columns', 'picture=a'],
      ['--policy', 'skp'],
      ['--max-rejects', '1.5'],
      ['--max-rejects', ''],
      ['--encoding', 'utf-9'],
      ['--delimiter', 'ab'],
    ]) {
      const end = await train(join(folder, 'x'), ...flags);
      expect([flags, end.code, end.stderr]).toEqual([flags, exitCode.usage, expect.anything()]);
    }
    expect(tinyModel.text.name).toBe('bert');
  });
});
