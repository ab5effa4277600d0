import { expect, it } from 'vitest';
import { encodeModel } from './model';
import { Node, leaf } from '../graph/node';
import { makePlan } from '../graph/plan';
import { noFetches, runInto, stopsCopies } from './run-into';
import { loadRuntime } from '../runtime';

const { Session, Tensor } = loadRuntime();

function sessionOf(op: string, size: number): InstanceType<typeof Session> {
  const x = leaf([size], 'float32');
  const y = new Node(op, [x], [size], 'float32');
  const model = encodeModel(makePlan([y], [y]), [null], { stop: stopsCopies() });
  const session = new Session();
  session.loadModel(model.buffer, model.byteOffset, model.byteLength, {});
  return session;
}

it('fills the arrays it is given', () => {
  const session = sessionOf('Neg', 3);
  const values = new Float32Array(3);
  const x = new Tensor('float32', Float32Array.of(1, -2, 0.5), [3]);
  for (let i = 0; i < 3; i++) {
    values.fill(9);
    runInto(session, { L0: x }, { ...noFetches(), N0: new Tensor('float32', values, [3]) });
    expect([...values]).toEqual([-1, 2, -0.5]);
  }
  session.dispose();
});

it('makes no array of its own, as long as the binding can be stopped from it', () => {
  const size = 2 ** 20;
  const session = sessionOf('Neg', size);
  const x = new Tensor('float32', new Float32Array(size), [size]);
  const y = new Tensor('float32', new Float32Array(size), [size]);
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 5; i++) runInto(session, { L0: x }, { ...noFetches(), N0: y });
  const made = process.memoryUsage().arrayBuffers - before;
  expect(stopsCopies()).toBe(true);
  expect(made).toBeLessThan(size);
  session.dispose();
});

it('passes real failures on', () => {
  const session = sessionOf('Neg', 2);
  const wrong = new Tensor('float32', Float32Array.of(1, 2, 3), [3]);
  const y = new Tensor('float32', new Float32Array(2), [2]);
  expect(() => runInto(session, { L0: wrong }, { N0: y })).toThrow(/invalid dimensions/i);
  session.dispose();
});
