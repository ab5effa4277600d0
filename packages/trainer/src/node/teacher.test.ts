import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory } from '@tensorflow/tfjs-core';
import { FileFormatError, type Params } from '@crossweave/core';
import { saveSafetensors } from '@crossweave/checkpoints/node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { disposeState, type TrainState } from '../state';
import { captionedSource, taughtOptions } from '../teacher/taught.testing';
import { train } from '../train';
import { loadTrainingState, saveTrainingState } from './checkpoints';
import { loadTeacher } from './teacher';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-teacher-'));
});
afterEach(() => rm(folder, { recursive: true }));

const values = (tree: Params = {}) =>
  Object.fromEntries(Object.entries(tree).map(([path, each]) => [path, [...each.dataSync()]]));

const bits = ({ step, params, teacher }: TrainState) => ({
  step,
  params: values(params),
  twin: values(teacher?.params),
  ...(teacher?.queue && {
    groups: teacher.queue.groups,
    captions: teacher.queue.captions,
    queue: [teacher.queue.image, teacher.queue.text].map((side) => side.arraySync()),
  }),
});

it.each([{ momentum: 0.9, queue: 6 }, { momentum: 0.9 }])(
  'a run continued from files ends with the same bits: %o',
  async (teacher) => {
    const captioned = { teacher, data: captionedSource(10) };
    const whole = await train(taughtOptions(captioned));
    // After one step two places of the queue are still empty.
    const part = await train(taughtOptions({ ...captioned, steps: 1 }));
    await saveTrainingState(folder, part);
    const start = (await loadTrainingState(folder))!;
    expect(bits(start)).toEqual(bits(part));
    const rest = await train(taughtOptions({ ...captioned, start }));
    expect(bits(rest)).toEqual(bits(whole));
    [whole, part, start, rest].forEach(disposeState);
  },
);

it('goes with its checkpoint', async () => {
  const state = await train(taughtOptions({ steps: 1 }));
  for (const step of [1, 2, 3]) await saveTrainingState(folder, { ...state, step }, { keep: 1 });
  expect((await readdir(folder)).sort()).toEqual(
    ['optimizer', 'params', 'teacher'].map((part) => `step-00000003.${part}.safetensors`),
  );
  disposeState(state);
});

it('refuses a queue that does not fit its images, and leaves nothing behind', async () => {
  const state = await train(taughtOptions({ steps: 1 }));
  const path = join(folder, 'teacher.safetensors');
  const queue = { 'queue.image': state.teacher!.queue!.image };
  const before = memory().numTensors;
  await saveSafetensors(path, queue, { groups: '["a"]' });
  await expect(loadTeacher(path)).rejects.toThrow(FileFormatError);
  for (const groups of ['[1]', '["a"']) {
    await saveSafetensors(path, queue, { groups });
    await expect(loadTeacher(path)).rejects.toThrow(/images.*not a list of names/);
  }
  const whole = { ...queue, 'queue.text': state.teacher!.queue!.text };
  const groups = JSON.stringify(state.teacher!.queue!.groups);
  await saveSafetensors(path, whole, { groups, captions: '["x"]' });
  await expect(loadTeacher(path)).rejects.toThrow(/does not fit.*6, 6, 1/);
  await saveSafetensors(path, whole, { groups, captions: '{}' });
  await expect(loadTeacher(path)).rejects.toThrow(/texts.*not a list of names/);
  expect(await loadTeacher(join(folder, 'nowhere'))).toBeUndefined();
  expect(memory().numTensors).toBe(before);
  disposeState(state);
});
