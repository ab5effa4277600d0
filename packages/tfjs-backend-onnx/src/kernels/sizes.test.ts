import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Plain, Result } from '../../test/against-cpu';
import { describeTensor, tensorsOf } from '../../test/against-cpu';
import type { OpCall, OpCase, Sizes } from '../../test/catalogue';
import { CATALOGUE, variants } from '../../test/catalogue';
import { difference } from '../../test/compare';
import { jit } from '../jit/jit';
import '../register';
import { KERNELS } from './table';

/** What an op gives on a backend, or why it gives nothing. */
type Outcome = readonly Result[] | Error;

async function outcome(backend: string, { program, inputs }: OpCall): Promise<Outcome> {
  await tf.setBackend(backend);
  const results: Result[] = [];
  try {
    tf.tidy(() => {
      const out = program(...tensorsOf(inputs));
      results.push(...(Array.isArray(out) ? out : [out]).map(describeTensor));
    });
    return results;
  } catch (error) {
    return error as Error;
  }
}

/** The program compiled for the one call. */
function compiled({ program, inputs }: OpCall): OpCall {
  return {
    inputs,
    program: (...tensors) => {
      const fast = jit(program);
      const out = fast(...tensors);
      fast.dispose();
      return out;
    },
  };
}

/** Where there is nothing to choose from, no such place, or no such window: refused here. */
const REFUSED: readonly (readonly [name: RegExp, sizes: (sizes: Sizes) => boolean])[] = [
  [/^arg(Max|Min)$/, ({ M, N }) => N === 0 && M !== 0],
  [/^arg(Max|Min) of integers/, ({ M, N }) => M === 0 && N !== 0],
  [/[pP]ool/, ({ k, s }) => k === 0 || s === 0],
  [/resize/, ({ H, W, h, w }) => H! * W! === 0 && h! * w! > 0],
  [/batchToSpaceND/, ({ H }) => H === 0],
  [/^(scatterND|tensorScatter|sparseTo)/, ({ picks, rows }) => rows === 0 && picks !== 0],
  [/cropAndResize/, ({ B, boxes }) => B === 0 && boxes !== 0],
  [/^scatterND of elements/, ({ picks, width }) => width === 0 && picks !== 0],
];

/** Where tfjs's cpu backend gives what nobody can want: its own shape broken, or undefined values. */
const CPU_IS_WRONG: typeof REFUSED = [
  [/^matMul of many by one/, ({ B }) => B === 0],
  [/^the gradient of resizeNearest/, ({ h, w }) => h === 1 || w === 1],
  // TensorFlow's is true: no element is false.
  [/^all$/, ({ M, N }) => M === 0 || N === 0],
];

const among = (list: typeof REFUSED, { name }: OpCase, sizes: Sizes): boolean =>
  list.some(([pattern, holds]) => pattern.test(name) && holds(sizes));

/** What is wrong about an op on a backend, or null. */
function judge(op: OpCase, sizes: Sizes, got: Outcome, want: Outcome): string | null {
  if (among(REFUSED, op, sizes)) return got instanceof Error ? null : 'is not refused';
  // What is a mistake in tfjs's own kernels need not be one here.
  if (want instanceof Error) return null;
  if (got instanceof Error) return `throws ${got.message}`;
  if (among(CPU_IS_WRONG, op, sizes)) return null;
  if (got.length !== want.length) return `gives ${got.length} tensors`;
  const found = got.map((result, i) => difference(result, want[i]!, { rtol: 2e-4, atol: 1e-5 }));
  return found.find((text) => text !== null) ?? null;
}

describe.each([
  [0, 'empty'],
  [1, 'of size 1'],
])('every op with an axis %d', (value) => {
  it('gives what it gives on the cpu backend, or refuses, compiled or not', async () => {
    const wrong: string[] = [];
    for (const op of CATALOGUE) {
      for (const sizes of variants(op, value)) {
        const call = op.call(sizes as never);
        const want = await outcome('cpu', call);
        for (const [how, run] of [
          ['', call],
          [' under jit', compiled(call)],
        ] as const) {
          const found = judge(op, sizes, await outcome('onnx', run), want);
          if (found !== null) wrong.push(`${op.name} ${JSON.stringify(sizes)}${how}: ${found}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});

it('calls every kernel that has an ONNX form', async () => {
  await tf.setBackend('onnx');
  const called = new Set<string>();
  for (const op of CATALOGUE) {
    const { program, inputs } = op.call(op.sizes as never);
    const { kernelNames } = await tf.profile(() => tf.tidy(() => program(...tensorsOf(inputs))));
    kernelNames.forEach((name) => called.add(name));
  }
  expect(Object.keys(KERNELS).filter((name) => !called.has(name))).toEqual([]);
});

it('adds up no elements to what adding begins with', async () => {
  await tf.setBackend('onnx');
  tf.tidy(() => {
    const nothing: Plain = { values: [], shape: [0, 2], dtype: 'bool' };
    const [x] = tensorsOf([nothing]) as [tf.Tensor];
    expect([...tf.all(x, 0).dataSync()]).toEqual([1, 1]);
    expect([...tf.any(x, 0).dataSync()]).toEqual([0, 0]);
    expect([...tf.prod(tf.cast(x, 'float32'), 0).dataSync()]).toEqual([1, 1]);
    expect([...tf.sum(tf.cast(x, 'int32'), 0).dataSync()]).toEqual([0, 0]);
  });
});
