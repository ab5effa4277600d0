import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { backend } from '../../test/train';
import '../register';
import { jit } from './jit';

beforeEach(async () => {
  await tf.setBackend('onnx');
});

const values = (x: tf.Tensor): number[] => [...x.dataSync()];

interface State {
  readonly [path: string]: tf.Tensor;
}

const initial = (): State => ({
  w: tf.randomNormal([6, 4], 0, 0.5, 'float32', 1),
  m: tf.zeros([6, 4]),
});
const batchOf = (step: number): { x: tf.Tensor2D; y: tf.Tensor2D } => ({
  x: tf.randomNormal<tf.Rank.R2>([8, 6], 0, 1, 'float32', step + 10),
  y: tf.randomNormal<tf.Rank.R2>([8, 4], 0, 1, 'float32', step + 500),
});

/** A step of momentum; pure. */
function step(state: State, batch: { x: tf.Tensor; y: tf.Tensor }, rate: tf.Scalar) {
  const { value, grads } = tf.valueAndGrads((w: tf.Tensor) =>
    tf.mean(tf.squaredDifference(tf.matMul(batch.x as tf.Tensor2D, w as tf.Tensor2D), batch.y)),
  )([state['w'] as tf.Tensor]);
  const m = tf.add(tf.mul(state['m'] as tf.Tensor, 0.9), grads[0] as tf.Tensor);
  const w = tf.sub(state['w'] as tf.Tensor, tf.mul(m, rate));
  return { state: { w, m }, loss: value };
}

function losses(run: typeof step, steps: number, disposeOld: boolean): number[] {
  let state: State = initial();
  const found: number[] = [];
  for (let i = 0; i < steps; i++) {
    const batch = batchOf(i);
    const rate = tf.scalar(0.1 / (i + 1));
    const next = run(state, batch, rate);
    if (disposeOld) tf.dispose(state);
    state = next.state;
    found.push(next.loss.dataSync()[0] as number);
    tf.dispose([batch.x, batch.y, rate, next.loss]);
  }
  tf.dispose(state);
  return found;
}

describe('a pure function', () => {
  it('gives what it gives without jit, from one graph, and leaks nothing', () => {
    const plain = losses((...args) => tf.tidy(() => step(...args)), 8, true);
    const { compiles, runs } = backend().statistics;
    const { numTensors, numDataBuffers } = tf.memory();
    const fast = jit(step);
    expect(losses(fast, 8, true)).toEqual(plain);
    const own = { compiles: backend().statistics.compiles, runs: backend().statistics.runs };
    expect(own).toEqual({ compiles: compiles + 1, runs: runs + 8 });
    fast.dispose();
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
    expect(losses(fast, 3, true)).toEqual(plain.slice(0, 3));
    fast.dispose();
  });

  it('consumes donated arguments and no others', () => {
    const plain = losses(jit(step), 8, true);
    expect(losses(jit(step, { donate: [0] }), 8, false)).toEqual(plain);
    const held = initial();
    const batch = batchOf(0);
    const rate = tf.scalar(0.1);
    const next = jit(step, { donate: [0] })(held, batch, rate);
    expect(held['w']?.isDisposed).toBe(true);
    expect(batch.x.isDisposed).toBe(false);
    tf.dispose([batch.x, batch.y, rate, next.loss, next.state]);
  });

  it('passes on what it was given, donated or not', () => {
    for (const donate of [[], [0]]) {
      const both = jit((x: tf.Tensor, y: tf.Tensor) => ({ x, z: tf.add(x, y), again: x }), {
        donate,
      });
      for (let i = 0; i < 3; i++) {
        const x = tf.tensor1d([i, 2]);
        const y = tf.tensor1d([1, 1]);
        const result = both(x, y);
        x.dispose();
        expect(values(result.x)).toEqual([i, 2]);
        expect(values(result.again)).toEqual([i, 2]);
        expect(values(result.z)).toEqual([i + 1, 3]);
        tf.dispose([y, result.x, result.z]);
      }
    }
  });

  it('is compiled anew for other shapes and keeps a bounded number of them', () => {
    const double = jit((x: tf.Tensor) => tf.mul(x, 2), { cacheSize: 2 });
    for (const round of [0, 1, 2]) {
      for (const size of [1, 2, 3]) {
        const before = backend().statistics.compiles;
        const [x, y] = tf.tidy(() => {
          const input = tf.fill([size], round);
          return [input, double(input)];
        });
        expect(values(y)).toEqual(new Array<number>(size).fill(round * 2));
        expect(backend().statistics.compiles).toBe(before + 1);
        tf.dispose([x, y]);
      }
    }
    double.dispose();
  });

  it('takes numbers and texts for part of the signature', () => {
    const power = jit((x: tf.Tensor, n: number) => (n === 2 ? tf.square(x) : tf.mul(x, n)));
    const x = tf.tensor1d([3]);
    for (const n of [2, 5, 2, 5]) expect(values(power(x, n))).toEqual([n === 2 ? 9 : 15]);
    expect(values(power(x, -0))).toEqual([-0]);
  });

  it('sees an argument of another shape underneath', () => {
    const twice = jit((x: tf.Tensor) => tf.add(x, x));
    for (let i = 0; i < 3; i++) {
      const flat = tf.range(i, i + 4);
      const square = tf.reshape(flat, [2, 2]);
      expect(twice(square).arraySync()).toEqual([
        [2 * i, 2 * i + 2],
        [2 * i + 4, 2 * i + 6],
      ]);
    }
  });

  it('works inside another and on other backends', async () => {
    const inner = jit((x: tf.Tensor) => tf.exp(x));
    const outer = jit((x: tf.Tensor) => tf.neg(inner(x)));
    const run = (): number[] => [0, 0, 0].flatMap((x) => values(outer(tf.scalar(x))));
    expect(run()).toEqual([-1, -1, -1]);
    await tf.setBackend('cpu');
    const passing = jit((x: tf.Tensor) => ({ x, y: inner(x) }), { donate: [0] });
    const given = tf.scalar(0);
    const { x, y } = passing(given);
    expect(given.isDisposed).toBe(true);
    expect([...values(x), ...values(y)]).toEqual([0, 1]);
  });
});

describe('what it closes over', () => {
  it.each([false, true])('stays readable and in use when disposed of (bake: %s)', (bake) => {
    const w = tf.tidy(() => tf.mul(tf.range(0, 64), 2));
    const scaled = jit(
      (x: tf.Tensor) => tf.add(tf.mul(w, x), tf.reshape(tf.reshape(w, [8, 8]), [64])),
      {
        bake,
      },
    );
    for (let i = 0; i < 5; i++) {
      const x = tf.scalar(i);
      const y = scaled(x);
      expect(values(y)).toEqual(Array.from({ length: 64 }, (_, k) => 2 * k * (i + 1)));
      tf.dispose([x, y]);
      if (i === 2) w.dispose();
    }
    scaled.dispose();
  });

  it('gives the same values when it keeps no memory between calls', () => {
    const f = (x: tf.Tensor2D): tf.Tensor => tf.sum(tf.exp(tf.matMul(x, x, false, true)), 1);
    const [keeping, releasing] = [jit(f), jit(f, { releaseMemory: true })];
    for (let i = 1; i < 4; i++) {
      const x = tf.fill<tf.Rank.R2>([64, 8], i / 8);
      const [a, b] = [keeping(x), releasing(x)];
      expect(values(b)).toEqual(values(a));
      tf.dispose([x, a, b]);
    }
    [keeping, releasing].forEach((each) => each.dispose());
    expect(() => jit(f, { releaseMemory: 1 as never })).toThrow(/releaseMemory/);
  });

  it('may be variables, which it reads and assigns anew each time', () => {
    const count = tf.variable(tf.scalar(1));
    const next = jit((x: tf.Tensor) => {
      const doubled = tf.mul<tf.Scalar>(count, 2);
      count.assign(doubled);
      return tf.add(x, doubled);
    });
    const found = [1, 2, 3, 4].flatMap((x) => values(next(tf.scalar(x))));
    expect(found).toEqual([3, 6, 11, 20]);
    expect(values(count)).toEqual([16]);
    count.assign(tf.scalar(100));
    expect(values(next(tf.scalar(0)))).toEqual([200]);
    count.dispose();
  });

  it.each(['adam', 'sgd', 'momentum', 'rmsprop'] as const)(
    "trains with tfjs's own optimizer %s",
    (kind) => {
      const optimizerOf = (): tf.Optimizer =>
        kind === 'momentum' ? tf.train.momentum(0.05, 0.9) : tf.train[kind](0.05);
      const run = (compiled: boolean): number[] => {
        const w = tf.variable(tf.randomNormal<tf.Rank.R2>([6, 4], 0, 0.5, 'float32', 3));
        const optimizer = optimizerOf();
        const plain = (x: tf.Tensor2D, y: tf.Tensor2D): tf.Scalar =>
          optimizer.minimize(
            () => tf.mean(tf.squaredDifference(tf.matMul(x, w), y)),
            true,
          ) as tf.Scalar;
        const call = compiled ? jit(plain) : plain;
        const found = Array.from({ length: 6 }, (_, i) => {
          const { x, y } = batchOf(i);
          return values(call(x, y))[0] as number;
        });
        w.dispose();
        optimizer.dispose();
        return found;
      };
      const plain = run(false);
      run(true).forEach((loss, i) => expect(loss).toBeCloseTo(plain[i] as number, 6));
    },
  );
});

it('leaves variables as they were when the function throws', () => {
  const v = tf.variable(tf.scalar(5));
  const failing = jit((x: tf.Tensor) => {
    v.assign(tf.mul<tf.Scalar>(v, 2));
    if (x.rank === 0) throw new RangeError('no scalars');
    return x;
  });
  expect(() => failing(tf.scalar(1))).toThrow('no scalars');
  expect(values(v)).toEqual([5]);
  v.dispose();
});
