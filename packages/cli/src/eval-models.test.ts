import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import { openModel } from '@crossweave/models';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { figuresOf, fixture, makeScenes, run, type Ended } from './cli.testing';

let folder = '';
let captions = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
  captions = await makeScenes(join(folder, 'scenes'));
});
afterAll(() => rm(folder, { recursive: true }));

type Figures = Readonly<Record<string, number>>;
interface Evaluated {
  readonly model: { readonly family: string; readonly fingerprint: string };
  readonly metrics: Figures;
  readonly chance: Figures;
  readonly floors: Readonly<Record<string, Figures>>;
}

const evaluate = (model: string, ...more: string[]): Promise<Ended> =>
  run('eval', '--model', model, '--captions', captions, '--engine', 'cpu', '--json', ...more);

async function evaluated(model: string): Promise<Evaluated> {
  await setBackend('cpu');
  const before = memory().numTensors;
  const { code, stdout, stderr } = await evaluate(model);
  expect(code, stderr).toBe(0);
  expect(memory().numTensors).toBe(before);
  return JSON.parse(stdout) as Evaluated;
}

it.each(['clip', 'siglip'])(
  'measures a checkpoint as it is, and what was exported of it: %s',
  async (name) => {
    await setBackend('cpu');
    const own = await figuresOf(fixture(name), captions);
    const { metrics, chance, floors, model } = await evaluated(fixture(name));
    for (const [metric, value] of Object.entries(own)) {
      expect(metrics[metric], metric).toBeCloseTo(value, 4);
    }
    expect(chance['retrieval.i2t.r1']).toBeGreaterThan(0);
    expect(Object.keys(floors).length).toBeGreaterThan(0);
    expect(model).toMatchObject({ family: name });

    const out = join(folder, name);
    const exported = await run('export', '--model', fixture(name), '--out', out);
    expect(exported.code, exported.stderr).toBe(0);
    const ofExport = await evaluated(out);
    expect(ofExport.model.family).toBe('export');
    expect(ofExport.model.fingerprint).not.toBe(model.fingerprint);
    for (const [metric, value] of Object.entries(metrics)) {
      expect(ofExport.metrics[metric], metric).toBeCloseTo(value, 4);
    }
  },
);

it('opens an export for use, which cannot be exported again or opened otherwise', async () => {
  const out = join(folder, 'clip');
  await setBackend('cpu');
  const picture = { name: 'a.jpg', bytes: await readFile(join(fixture('pictures'), '1.jpg')) };
  const texts = ['a red circle', 'ring '.repeat(30)];
  {
    await using model = await openModel(fixture('clip'));
    await using exported = await openModel(out);
    const [own, other] = [await model.encodeText(texts), await exported.encodeText(texts)];
    own.values.forEach((value, i) => expect(other.values[i]).toBeCloseTo(value, 4));
    const scores = await model.score([picture], texts);
    const again = await exported.score([picture], texts);
    again[0]!.forEach((value, i) => expect(value).toBeCloseTo(scores[0]![i]!, 3));
    expect(exported.logits?.scale).toBeCloseTo(model.logits!.scale, 4);
  }
  await expect(openModel(out, { maxTokens: 8 })).rejects.toThrow(/cannot be changed in an export/);
  const twice = await run('export', '--model', out, '--out', join(folder, 'twice'));
  expect(twice.stderr).toMatch(/not two towers with embeddings of their own.*export/);
});

it('refuses one tower alone, no data, and a run beside a model', async () => {
  const alone = await evaluate(fixture('vit'));
  expect(alone.stderr).toMatch(/does not compare pictures with texts.*kind vit/);
  const bare = await run('eval', '--model', fixture('clip'), '--engine', 'cpu');
  expect(bare.stderr).toMatch(/--captions/);
  const both = await evaluate(fixture('clip'), '--run', folder);
  expect([both.code, both.stderr]).toEqual([2, expect.stringMatching(/--run and --model/)]);
});
