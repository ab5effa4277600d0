import { afterAll, expect, it } from 'vitest';
import type { ElementType, Values } from '../graph/types';
import { loadRuntime } from '../runtime';
import { Transfer } from './transfer';

const transfer = new Transfer('cpu');
afterAll(() => transfer.dispose());

it.each<[ElementType, Values]>([
  ['float32', Float32Array.of(1.5, NaN, -0)],
  ['int32', Int32Array.of(-7)],
  ['bool', Uint8Array.of(1, 0, 1, 1, 0)],
])('copies lists of %s, whatever their length', (dtype, values) => {
  const { Tensor } = loadRuntime();
  for (const list of [values, values.slice(1), values]) {
    const copy = transfer.copy(new Tensor(dtype, list, [list.length]), dtype, 'cpu');
    expect(copy.data).toEqual(list);
    expect(copy.data).not.toBe(list);
  }
});

it('makes one session for a type and a place', () => {
  const session = transfer.session('float32', 'cpu');
  expect(transfer.session('float32', 'cpu')).toBe(session);
  expect(transfer.session('int32', 'cpu')).not.toBe(session);
});
