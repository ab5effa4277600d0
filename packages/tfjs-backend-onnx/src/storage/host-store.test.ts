import { expect, it } from 'vitest';
import { encodeModel } from '../graph/model';
import { Node, leaf } from '../graph/node';
import { makePlan } from '../graph/plan';
import { BufferPool } from '../pool';
import { stopsCopies } from '../run-into';
import { loadRuntime } from '../runtime';
import { HostStore } from './host-store';
import type { Slot } from './store';

const x = leaf(Float32Array.of(1, -2, 3, 4), [4], 'float32');
const slot: Slot = { name: 'N0', dtype: 'float32', shape: [4], size: 4 };

function negation(store: HostStore) {
  const y = new Node('Neg', [x], [4], 'float32', null, null, 1);
  const plan = makePlan([y], [y]);
  const model = encodeModel(plan, [null], stopsCopies());
  const session = new (loadRuntime().Session)();
  const { buffer, byteOffset, byteLength } = model;
  session.loadModel(buffer, byteOffset, byteLength, store.sessionOptions());
  return session;
}

it('computes into arrays of the pool, or into those it is given', () => {
  const pool = new BufferPool(1000);
  const store = new HostStore('cpu', pool);
  const session = negation(store);
  const feeds = { L0: store.input(x, [4]) };
  const pooled = new Float32Array(4);
  store.give('float32', pooled);
  const given = new Float32Array(4);
  for (const [array, expected] of [
    [null, pooled],
    [given, given],
  ] as const) {
    const [result] = store.run(session, feeds, [slot], [array]);
    expect(result?.values).toBe(expected);
    expect(store.read(expected)).toEqual(Float32Array.of(-1, 2, -3, -4));
  }
  store.close(session);
  store.dispose();
  expect(pool.bytes).toBe(0);
});

it('wraps an array once in its own shape, and anew in others', () => {
  const store = new HostStore('cpu', new BufferPool(0));
  const wrapped = store.input(x, [4]);
  expect(store.input(x, [4])).toBe(wrapped);
  const square = store.input(x, [2, 2]);
  expect(square).toMatchObject({ dims: [2, 2] });
  expect(square.data).toBe(x.values);
});

it('names its provider to sessions', () => {
  const store = new HostStore('cuda', new BufferPool(0));
  expect(store.sessionOptions()).toMatchObject({ executionProviders: ['cuda'] });
});
