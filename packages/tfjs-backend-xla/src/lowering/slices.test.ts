import {
  Node,
  OnnxBackend,
  leaf,
  makePlan,
  registerKernels,
} from '@crossweave/tfjs-backend-onnx/graph';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { named } from '../../../tfjs-backend-onnx/test/left-out';
import { withoutPlugin } from '../../test/plugin';
import { XlaExecutor } from '../execution/xla-executor';
import { Client } from '../pjrt/client';
import { Plugin } from '../pjrt/plugin';
import { findPlugin } from '../plugins/find-plugin';
import { lowerPlan } from './lower-plan';

const NAME = 'xla-without-strides';
const reason = withoutPlugin();

/** What is written for a slice from starts to ends by steps: the operations, with their types. */
function linesOf(
  from: readonly number[],
  to: readonly number[],
  [starts, ends, steps]: readonly (readonly number[])[],
  hasStrides: boolean,
): string[] {
  const bounds = [starts, ends, from.map((_, axis) => axis), steps] as number[][];
  const cut = new Node('Slice', [leaf([...from], 'float32')], [...to], 'float32', null, bounds);
  const target = { isShaped: true, hasStrides };
  return lowerPlan(makePlan([cut], [cut]), [null], target)
    .text.split('\n')
    .slice(2, -4);
}

const shortened = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replace(/.*"stablehlo\.(\w+)".* -> tensor<(\S+)>$/, '$1 $2'));

describe('slices', () => {
  const all = [
    [0, 0],
    [4, 6],
    [1, 2],
  ];

  it('take every second element, but where XLA ends the process for it', () => {
    const [own, ...others] = linesOf([4, 6], [4, 3], all, true);
    expect(others).toEqual([]);
    expect(own).toContain('strides = array<i64: 1, 2>');
    const groups = linesOf([4, 6], [4, 3], all, false);
    expect(shortened(groups)).toEqual([
      'slice 4x6xf32',
      'reshape 4x3x2xf32',
      'slice 4x3x1xf32',
      'reshape 4x3xf32',
    ]);
    expect(groups.join('\n')).not.toMatch(/strides = array<i64: (1, )*[2-9]/);
  });

  it('fill up a last group that would end outside, if it cannot begin earlier', () => {
    const odd = linesOf([5], [3], [[0], [5], [2]], false);
    expect(shortened(odd)[1]).toBe('pad 6xf32');
    const later = linesOf([5], [2], [[1], [5], [2]], false);
    expect(shortened(later)).not.toContain('pad 6xf32');
    expect(linesOf([6], [2], [[3], [6], [2]], false)[0]).toContain('start_indices = array<i64: 2>');
  });

  it('are as they were where no axis has a stride, or one element of it is taken', () => {
    for (const given of [
      [[1], [3], [1]],
      [[3], [4], [2]],
    ]) {
      const to = [given[0]![0] === 1 ? 2 : 1];
      expect(linesOf([4], to, given, false)).toEqual(linesOf([4], to, given, true));
    }
  });
});

describe.skipIf(reason !== null)(named('slices as they are for a GPU', reason), () => {
  beforeAll(async () => {
    const client = Client.open(Plugin.load(findPlugin('cpu')), { cpu_device_count: 1 });
    Object.assign(client, { platform: 'cuda' });
    const compile = (text: string) => {
      expect(text).not.toMatch(/"stablehlo\.slice".*strides = array<i64: (\d+, )*[2-9]/);
      return client.compile(text);
    };
    const compileLater = (text: string) => Promise.resolve(compile(text));
    const executor = new XlaExecutor({ client, precision: 'float32', compile, compileLater });
    registerKernels(NAME);
    tf.registerBackend(NAME, () => new OnnxBackend({}, executor));
    await tf.setBackend(NAME);
  });
  afterAll(() => tf.removeBackend(NAME));

  it('have the elements that strides give', () => {
    tf.tidy(() => {
      const found: tf.Tensor[] = [];
      const expected: number[][] = [];
      for (let length = 1; length <= 8; length++) {
        const list = Array.from({ length }, (_, i) => i + 1);
        const x = tf.tensor1d(list);
        for (let start = 0; start < length; start++) {
          for (const step of [2, 3, 5, -1, -2, -3]) {
            const end = step > 0 ? length : -length - 1;
            found.push(tf.stridedSlice(x, [start], [end], [step]));
            expected.push(
              list.filter((_, i) => (i - start) * Math.sign(step) >= 0 && (i - start) % step === 0),
            );
            if (step < 0) expected.at(-1)!.reverse();
          }
        }
      }
      expect(found.map((each) => [...each.dataSync()])).toEqual(expected);
    });
  });

  it('along several axes, of any type', () => {
    tf.tidy(() => {
      const x = tf.reshape(tf.range(0, 60, 1, 'int32'), [3, 4, 5]);
      const cut = (given: tf.Tensor): tf.Tensor =>
        tf.stridedSlice(given, [0, 3, 1], [3, -5, 5], [2, -3, 2]);
      const values = [16, 18, 1, 3, 56, 58, 41, 43];
      expect([...cut(x).dataSync()]).toEqual(values);
      const isOdd = tf.cast(tf.mod(x, 2), 'bool');
      expect([...cut(isOdd).dataSync()]).toEqual(values.map((value) => value % 2));
    });
  });
});
