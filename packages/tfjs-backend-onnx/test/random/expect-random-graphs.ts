import fc from 'fast-check';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { Plain, Result } from '../against-cpu';
import { describeTensor, tensorsOf } from '../against-cpu';
import { difference } from '../compare';
import type { RandomProgram } from './program';
import { isRepresentable, play } from './program';
import { jit } from '../../src/jit/jit';

const tolerance = { rtol: 5e-4, atol: 1e-4 };

/** Sums and products of few quarters are exact in float32. */
const quarters = fc.integer({ min: -12, max: 12 }).map((n) => n / 4);
const allFloats = fc.oneof(
  { weight: 12, arbitrary: quarters },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, -0, 0) },
);
const fewIntegers = fc.integer({ min: -5, max: 5 });
const allIntegers = fc.oneof(
  { weight: 8, arbitrary: fewIntegers },
  { weight: 1, arbitrary: fc.constantFrom(2 ** 24 + 1, 2 ** 31 - 1, -(2 ** 31), 123_456_789) },
);
const shape = fc.array(fc.constantFrom(0, 1, 1, 2, 2, 3, 3), { maxLength: 4 });

const inputOf = (
  floats: fc.Arbitrary<number>,
  integers: fc.Arbitrary<number>,
): fc.Arbitrary<Plain> =>
  fc
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
const programOf = (
  floats: fc.Arbitrary<number>,
  integers: fc.Arbitrary<number>,
): fc.Arbitrary<RandomProgram> =>
  fc.record({
    inputs: fc.array(inputOf(floats, integers), { minLength: 1, maxLength: 3 }),
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

export interface RandomGraphs {
  /** The name of the backend under test. */
  readonly backend: string;
  /** The number of programs, and which programs they are. */
  readonly runs: number;
  readonly seed: number;
  /** Whether integers of 2^24 and more occur. Default true. */
  readonly largeIntegers?: boolean;
  /** Whether NaN, infinities and −0 occur. Default true. */
  readonly specialFloats?: boolean;
}

/**
 * Runs random programs on a backend, eager and under `jit`, and expects the results of tfjs's cpu
 * backend.
 */
export async function expectRandomGraphs(options: RandomGraphs): Promise<void> {
  const { backend, runs: numRuns, seed, largeIntegers = true, specialFloats = true } = options;
  const program = programOf(
    specialFloats ? allFloats : quarters,
    largeIntegers ? allIntegers : fewIntegers,
  );
  await fc.assert(
    fc.asyncProperty(program, async (random) => {
      const taken: (boolean | undefined)[] = [];
      const all = await resultsOf('cpu', random.inputs, (tensors) =>
        play(random, tensors, taken, isRepresentable),
      );
      const { runs, dispose } = waysToRun((tensors) => play(random, tensors, taken));
      for (const { how, call, lastOnly = false } of runs) {
        const want = lastOnly ? all.slice(-1) : all;
        const got = await resultsOf(backend, random.inputs, call);
        expect(got.length, how).toBe(want.length);
        got.forEach((result, i) => {
          const found = difference(result, want[i] as Result, tolerance);
          if (found !== null) expect.fail(`${how}, value ${i}: ${found}`);
        });
      }
      dispose();
    }),
    { numRuns, seed, endOnFailure: process.env['NO_SHRINK'] === '1' },
  );
}
