import { expect, it } from 'vitest';
import { Node, leaf } from '../graph/node';
import { makePlan } from '../graph/plan';
import { HostBuffer } from './host-buffer';
import { HostMemory } from './host-memory';
import type { Slot } from './memory';
import { encodeModel } from './model';
import { ArrayPool } from './pool';
import { stopsCopies } from './run-into';
import type { NativeSession } from '../runtime';
import { loadRuntime } from '../runtime';

const slot: Slot = { name: 'N0', dtype: 'float32', shape: [4], size: 4 };
const given = (): HostBuffer => new HostBuffer(Float32Array.of(1, -2, 3, 4), 'float32');

function negation(memory: HostMemory): NativeSession {
  const y = new Node('Neg', [leaf([4], 'float32')], [4], 'float32');
  const model = encodeModel(makePlan([y], [y]), [null], { stop: stopsCopies() });
  const session = new (loadRuntime().Session)();
  const { buffer, byteOffset, byteLength } = model;
  session.loadModel(buffer, byteOffset, byteLength, memory.sessionOptions());
  return session;
}

it('computes into arrays of the pool, or into those it is given', () => {
  const pool = new ArrayPool(1000);
  const memory = new HostMemory('cpu', pool);
  const session = negation(memory);
  const feeds = { L0: memory.input(given(), [4]) };
  const pooled = new Float32Array(4);
  memory.free(new HostBuffer(pooled, 'float32'));
  const own = new Float32Array(4);
  for (const [array, expected] of [
    [null, pooled],
    [own, own],
  ] as const) {
    const [result] = memory.run(session, feeds, [slot], [array]) as [HostBuffer];
    expect(result.array).toBe(expected);
    expect(memory.read(result)).toEqual(Float32Array.of(-1, 2, -3, -4));
  }
  memory.close(session);
  memory.dispose();
  expect(pool.bytes).toBe(0);
});

it('wraps an array once as long as its shape stays the same', () => {
  const memory = new HostMemory('cpu', new ArrayPool(0));
  const x = given();
  const wrapped = memory.input(x, [4]);
  expect(memory.input(x, [4])).toBe(wrapped);
  const square = memory.input(x, [2, 2]);
  expect(square).toMatchObject({ dims: [2, 2] });
  expect(square.data).toBe(x.array);
});

it('names its provider to sessions', () => {
  const memory = new HostMemory('cuda', new ArrayPool(0));
  expect(memory.sessionOptions()).toMatchObject({ executionProviders: ['cuda'] });
});
