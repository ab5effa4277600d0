import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory, tensor1d } from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileFormatError, disposeParams } from '@crossweave/core';
import { loadCheckpoint } from './node/load-checkpoint';
import { saveCheckpoint } from './node/save-checkpoint';
import { requireSoundNumbers } from './sound-numbers';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
});
afterEach(() => rm(folder, { recursive: true }));

it.each([
  ['a.weight', [1, Number.NaN]],
  ['a.weight', [Infinity]],
  ['a.weight', [0, 0, -Infinity]],
  ['bn1.running_var', [1, -1e-7]],
  ['running_var', [-1]],
])(
  'a checkpoint whose %s is %j is refused, unless any numbers are asked for',
  async (name, list) => {
    const path = join(folder, 'model.safetensors');
    const params = { first: tensor1d([1]), [name]: tensor1d(list) };
    await saveCheckpoint(path, params);
    const before = memory().numTensors;
    await expect(loadCheckpoint(path)).rejects.toThrow(FileFormatError);
    await expect(loadCheckpoint(path)).rejects.toThrow(
      new RegExp(
        `"${name}" contains a number that sound training never produces; expected finite.* at ${list.length - 1}\\.`,
      ),
    );
    expect(memory().numTensors).toBe(before);
    const any = await loadCheckpoint(path, { numbers: 'any' });
    expect([...any.params[name]!.dataSync()]).toEqual([...Float32Array.from(list)]);
    [any.params, params].forEach(disposeParams);
  },
);

it('takes negative numbers where they belong, and whole numbers', () => {
  requireSoundNumbers('here', 'bn.running_mean', Float32Array.of(-1));
  requireSoundNumbers('here', 'bn.running_var', Float32Array.of(0, 1e-30));
  requireSoundNumbers('here', 'bn.running_variety', Float32Array.of(-1));
  requireSoundNumbers('here', 'x.running_var', Int32Array.of(-1));
});
