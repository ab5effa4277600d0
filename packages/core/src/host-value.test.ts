import { memory, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { scoped, withOwnKey, withoutRecord, type Context } from './contracts/context';
import {
  HostReadError,
  asStandIn,
  hostValue,
  hostValues,
  unreadable,
  withFields,
  type HostNumbers,
  type StepRecorder,
} from './host-value';
import { foldIn, key, split, uniform, uniformArray, type Key } from './keys';
import { dropout } from './nn/dropout';

/** Records what is made for a step, and gives tensors of the step that is traced. */
function recorder(traced: unknown): StepRecorder & { again: (step: unknown) => number[][] } {
  const makers: ((step: unknown) => HostNumbers)[] = [];
  return {
    tensor(make, shape, dtype) {
      makers.push(make);
      return hostValue({}).tensor(() => make(traced), [...shape], dtype);
    },
    choice: (choose) => choose(traced),
    again: (step) => makers.map((make) => Array.from(make(step))),
  };
}

/** A key that is not known before the step; a step is its key. */
function keyOfStep(traced: Key): { own: Key; again: (step: Key) => number[][] } {
  const { again, ...rest } = recorder(traced);
  const own = asStandIn(unreadable('key', 'high', 'low') as Key, {
    recorder: rest,
    at: (step) => step as Key,
  });
  return { own, again };
}

describe('a value that is known', () => {
  it('becomes tensors and choices at once', () =>
    tidy(() => {
      const value = hostValue({ groups: ['a', 'b', 'a'] });
      const same = value.map(({ groups }) => groups.map((group) => Number(group === 'a')));
      expect([...same.tensor((each) => each, [3]).dataSync()]).toEqual([1, 0, 1]);
      const whole = same.tensor((each) => each, [3], 'int32');
      expect([whole.dtype, ...whole.dataSync()]).toEqual(['int32', 1, 0, 1]);
      const bytes = Uint8Array.of(1, 0, 1);
      const mask = value.tensor(() => bytes, [3], 'bool');
      expect([mask.dtype, ...mask.dataSync()]).toEqual(['bool', 1, 0, 1]);
      expect(same.scalar((each) => each.length).dataSync()[0]).toBe(3);
      expect(same.choose((each) => each.includes(0))).toBe(true);
      const both = hostValues([same, same.map((each) => each.map((x) => -x))]);
      expect(both.choose((all) => JSON.stringify(all))).toBe('[[1,0,1],[-1,0,-1]]');
      expect(hostValues([]).choose((all) => all.length)).toBe(0);
    }));

  it('is made again for each tensor that is asked for, and leaves none behind', () => {
    const before = memory().numTensors;
    tidy(() => void hostValue({}).tensor(() => [1, 2], [2]));
    expect(memory().numTensors).toBe(before);
  });
});

describe('a value that is not known before the step', () => {
  it('is drawn again for each step, by keys that derive from its own', () =>
    tidy(() => {
      const { own, again } = keyOfStep(key(0));
      const path = foldIn(split(foldIn(own, 'layer'), 3)[2]!, 7);
      const drawn = uniform(path, [2, 2], -1, 1);
      const derive = (from: Key): Key => foldIn(split(foldIn(from, 'layer'), 3)[2]!, 7);
      expect(drawn.dataSync()).toEqual(uniform(derive(key(0)), [2, 2], -1, 1).dataSync());
      const later = uniform(derive(key(5)), [2, 2], -1, 1).dataSync();
      expect(again(key(5))).toEqual([[...later]]);
    }));

  it('refuses to be read', () => {
    const { own } = keyOfStep(key(1));
    expect(() => uniformArray(own, 2)).toThrow(HostReadError);
    expect(() => own.high).toThrow(/key\.high was read.*hostValue/);
    expect(Object.keys(own)).toEqual(['high', 'low']);
  });

  it('drops the same values as a key that is known', () =>
    tidy(() => {
      const { own, again } = keyOfStep(key(1));
      const x = hostValue({}).tensor(() => new Float32Array(64).fill(1), [64]);
      const ctx: Context = { training: true, key: own };
      const found = dropout(x, 0.5, scoped(ctx, 'fusion.'), 'drop').dataSync();
      const at = (seed: number): number[] => [
        ...dropout(
          x,
          0.5,
          scoped({ training: true, key: key(seed) }, 'fusion.'),
          'drop',
        ).dataSync(),
      ];
      expect([...found]).toEqual(at(1));
      expect(again(key(2))).toEqual([at(2)]);
    }));

  it('stays unread where a context is derived from another', () => {
    const step = asStandIn(unreadable('context', 'step') as { step: number }, {
      recorder: recorder({ step: 4 }),
      at: (step) => step as { step: number },
    });
    const ctx = withFields<Context>(step as unknown as Context, { training: true, key: key(1) });
    for (const own of [scoped(ctx, 'a.'), withOwnKey(ctx, 3), withoutRecord(ctx)]) {
      expect(own.training).toBe(true);
      expect(() => own.step).toThrow(HostReadError);
      expect(hostValue(own).choose(({ step }) => step!)).toBe(4);
    }
    expect(() => ({ ...ctx })).toThrow(/context\.step was read/);
  });
});
