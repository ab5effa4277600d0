import fc from 'fast-check';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { Plain, Result } from '../test/against-cpu';
import { describeTensor, tensorsOf } from '../test/against-cpu';
import { difference } from '../test/compare';
import type { RandomProgram } from '../test/random/program';
import { isRepresentable, play } from '../test/random/program';
import { jit } from './jit/jit';
import './register';

/** RANDOM_GRAPHS=20000 tries as many programs, RANDOM_GRAPHS_SEED others than the usual ones. */
const RUNS = Number(process.env['RANDOM_GRAPHS'] ?? 250);
const SEED = Number(process.env['RANDOM_GRAPHS_SEED'] ?? 1);
const tolerance = { rtol: 5e-4, atol: 1e-4 };

/** Sums and products of few quarters are exact in float32. */
const quarters = fc.integer({ min: -12, max: 12 }).map((n) => n / 4);
const floats = fc.oneof(
  { weight: 12, arbitrary: quarters },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, -0, 0) },
);
const integers = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -5, max: 5 }) },
  { weight: 1, arbitrary: fc.constantFrom(2 ** 24 + 1, 2 ** 31 - 1, -(2 ** 31), 123_456_789) },
);
const shape = fc.array(fc.constantFrom(0, 1, 1, 2, 2, 3, 3), { maxLength: 4 });

const input: fc.Arbitrary<Plain> = fc
  .record({ shape, dtype: fc.constantFrom('float32', 'float32', 'int32', 'bool') })
  .chain(({ shape: sizes, dtype }) => {
    const length = sizes.reduce<number>((size, n) => size * n, 1);
    const element: fc.Arbitrary<number> = {
      float32: floats,
      int32: integers,
      bool: fc.integer({ min: 0, max: 1 }),
    }[dtype];
    return fc
      .array(element, { minLength: length, maxLength: length })
      .map((values) => ({ values, shape: sizes, dtype }));
  });

const nat = fc.nat(10_000);
const program: fc.Arbitrary<RandomProgram> = fc.record({
  inputs: fc.array(input, { minLength: 1, maxLength: 3 }),
  steps: fc.array(
    fc.record({
      move: nat,
      operands: fc.array(nat, { minLength: 3, maxLength: 3 }),
      dice: fc.array(nat, { minLength: 1, maxLength: 6 }),
    }),
    { minLength: 1, maxLength: 14 },
  ),
});

interface Run {
  readonly how: string;
  readonly call: (tensors: tf.Tensor[]) => tf.Tensor[];
  /** Whether it gives the last value only, so that nobody holds the others. */
  readonly lastOnly?: boolean;
}

async function resultsOf(
  backend: string,
  inputs: readonly Plain[],
  call: Run['call'],
): Promise<Result[]> {
  await tf.setBackend(backend);
  const results: Result[] = [];
  tf.tidy(() => results.push(...call(tensorsOf(inputs)).map(describeTensor)));
  return results;
}

type Play = (tensors: readonly tf.Tensor[]) => tf.Tensor[];

/** A second argument that shares the first one's memory. */
const clones: Play = (tensors) => tensors.map((tensor) => tensor.clone());
const last: Play = (made) => made.slice(-1);
const half: Play = (both) => both.slice(0, both.length / 2);
const rest: Play = (both) => both.slice(both.length / 2);

/** The ways to run a program. */
function waysToRun(again: Play): { runs: Run[]; dispose: () => void } {
  const plain = jit((x: readonly tf.Tensor[]) => again(x));
  const donating = jit((x: readonly tf.Tensor[]) => again(x), { donate: [0] });
  const ending = jit((x: readonly tf.Tensor[]) => last(again(x)), { donate: [0] });
  const sharing = jit(
    (x: readonly tf.Tensor[], y: readonly tf.Tensor[]) => [...again(x), ...again(y)],
    { donate: [0] },
  );
  const forgetting: Play = (x) => {
    const made = last(again(x));
    tf.dispose(x.filter((tensor) => !made.includes(tensor)));
    return made;
  };
  const runs = [
    { how: 'eager', call: again },
    { how: 'eager, nothing else held', call: forgetting, lastOnly: true },
    { how: 'eager, nothing else held, again', call: forgetting, lastOnly: true },
    { how: 'jit, first call', call: plain },
    { how: 'jit, second call', call: plain },
    { how: 'donated', call: donating },
    { how: 'donated for the last value', call: ending, lastOnly: true },
    { how: 'donated, beside a clone', call: (x: tf.Tensor[]) => half(sharing(x, clones(x))) },
    { how: 'the clone beside', call: (x: tf.Tensor[]) => rest(sharing(x, clones(x))) },
  ];
  const dispose = (): void => {
    for (const compiled of [plain, donating, ending, sharing]) compiled.dispose();
  };
  return { runs, dispose };
}

it(`random graphs give what they give on the cpu backend, eager and under jit (${RUNS})`, async () => {
  await fc.assert(
    fc.asyncProperty(program, async (random) => {
      const taken: (boolean | undefined)[] = [];
      const all = await resultsOf('cpu', random.inputs, (tensors) =>
        play(random, tensors, taken, isRepresentable),
      );
      const { runs, dispose } = waysToRun((tensors) => play(random, tensors, taken));
      for (const { how, call, lastOnly = false } of runs) {
        const want = lastOnly ? all.slice(-1) : all;
        const got = await resultsOf('onnx', random.inputs, call);
        expect(got.length, how).toBe(want.length);
        got.forEach((result, i) => {
          const found = difference(result, want[i] as Result, tolerance);
          if (found !== null) expect.fail(`${how}, value ${i}: ${found}`);
        });
      }
      dispose();
    }),
    { numRuns: RUNS, seed: SEED, endOnFailure: process.env['NO_SHRINK'] === '1' },
  );
}, 3_600_000);
