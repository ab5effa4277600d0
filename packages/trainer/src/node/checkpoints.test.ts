import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory, tensor1d } from '@tensorflow/tfjs-core';
import {
  FileFormatError,
  StateDictError,
  disposeParams,
  shapesOf,
  type ParamShapes,
} from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { saveSafetensors } from '@crossweave/checkpoints/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { disposeState, type TrainState } from '../state';
import { listCheckpoints, loadTrainingState, saveTrainingState } from './checkpoints';

let folder = '';
let state: TrainState;
let before = 0;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-checkpoints-'));
  before = memory().numTensors;
  const one = (): ReturnType<typeof tensor1d> => tensor1d([1, 2, 3]);
  state = { step: 1, params: { a: one() }, optimizer: { 'exp_avg_sq.a': one() } };
});
afterEach(async () => {
  disposeState(state);
  expect(memory().numTensors).toBe(before);
  await rm(folder, { recursive: true });
});

const values = (loaded: TrainState | undefined): number[] => [...loaded!.params['a']!.dataSync()];

const runner = { describe, it };
testOptions('saveTrainingState', (extra) => saveTrainingState(folder, state, extra), runner, {
  anyText: ['run'],
});
testOptions('loadTrainingState', (extra) => loadTrainingState(folder, extra), runner, {
  anyText: ['run'],
});

describe('checkpoints', () => {
  it('keeps the newest and counts only complete ones', async () => {
    for (const step of [1, 2, 3, 4])
      await saveTrainingState(folder, { ...state, step }, { keep: 3 });
    await writeFile(join(folder, 'step-00000009.params.safetensors'), 'half');
    expect(await listCheckpoints(folder)).toEqual([2, 3, 4]);
    expect(await listCheckpoints(join(folder, 'nowhere'))).toEqual([]);
    const loaded = await loadTrainingState(folder, { step: 3 });
    expect([loaded!.step, values(loaded)]).toEqual([3, [1, 2, 3]]);
    disposeState(loaded!);
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('does not take the folder of a run for one without checkpoints', async () => {
    const inside = join(folder, 'checkpoints');
    await mkdir(inside);
    expect(await loadTrainingState(folder)).toBeUndefined();
    await saveTrainingState(inside, state);
    for (const options of [{}, { step: 'best' }] as const) {
      await expect(loadTrainingState(folder, options)).rejects.toThrow(
        /that of a run.*the folder "checkpoints" in it/,
      );
    }
  });

  it('refuses other parameters than the expected ones', async () => {
    await saveTrainingState(folder, state);
    const expected = shapesOf(state.params);
    disposeState((await loadTrainingState(folder, { expected }))!);
    for (const wrong of [{}, { a: [4] }, { ...expected, b: [1] }] as ParamShapes[]) {
      await expect(loadTrainingState(folder, { expected: wrong })).rejects.toThrow(StateDictError);
    }
  });

  it('refuses files of another step or run', async () => {
    await saveTrainingState(folder, state, { run: 'sha256:mine' });
    disposeState((await loadTrainingState(folder, { run: 'sha256:mine' }))!);
    await expect(loadTrainingState(folder, { run: 'sha256:theirs' })).rejects.toThrow(
      /belongs to another run; expected the run sha256:theirs; got sha256:mine/,
    );
    const file = (step: number, part: string): string =>
      join(folder, `step-0000000${step}.${part}.safetensors`);
    await cp(file(1, 'params'), file(2, 'params'));
    await rename(file(1, 'optimizer'), file(2, 'optimizer'));
    await expect(loadTrainingState(folder)).rejects.toThrow(/expected step 2; got 1/);
  });

  it.each([
    ['NaN in a parameter', 'params', { a: [1, NaN, 3] }],
    ['an infinity in a parameter', 'params', { a: [1, 2, -Infinity] }],
    ['a negative variance', 'params', { 'image.bn.running_var': [1, -1e-3] }],
    ['a negative second moment', 'optimizer', { 'exp_avg_sq.a': [0, -1e-9] }],
    ['NaN in a moment', 'optimizer', { 'exp_avg.a': [NaN] }],
  ])('refuses %s', async (_what, part, numbers) => {
    const [[name, list]] = Object.entries<number[]>(numbers) as [[string, number[]]];
    const tree = { [name]: tensor1d(list) };
    await saveTrainingState(folder, { ...state, [part]: tree });
    disposeParams(tree);
    const error: unknown = await loadTrainingState(folder).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FileFormatError);
    expect(String(error)).toContain(
      `"${name}" contains a number that sound training never produces`,
    );
  });

  it('gives a typed error for any damaged file', async () => {
    await saveTrainingState(folder, state);
    for (const part of ['params', 'optimizer']) {
      const path = join(folder, `step-00000001.${part}.safetensors`);
      await writeFile(path, 'no tensors');
      await expect(loadTrainingState(folder)).rejects.toThrow(FileFormatError);
      await saveSafetensors(path, state.params, { step: '1' });
    }
  });
});
