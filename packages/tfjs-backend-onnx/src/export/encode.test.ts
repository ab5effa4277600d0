import { expect, it } from 'vitest';
import { readModel } from '../../test/read-model';
import { encode } from './encode';
import { OnnxGraph } from './onnx-graph';

const info = {
  producer: { name: 'a program', version: '1.2.3' },
  description: 'adds',
  metadata: { classes: 'cat,dog', größe: '3' },
};
const x = { name: 'x', dtype: 'float32', shape: ['batch', 300] } as const;
const y = { name: 'y', dtype: 'float32', shape: [null, 300] } as const;

function graph(): OnnxGraph {
  const made = new OnnxGraph();
  for (const [name, size] of [
    ['small', 3],
    ['first.weight', 300],
    ['second.weight', 2000],
  ] as const) {
    const bytes = new Uint8Array(Float32Array.from({ length: size }, (_, i) => i + size).buffer);
    made.initialiser(name, 'float32', [size], bytes);
  }
  made.add('Add', ['x', 'first.weight'], null, ['sum']);
  made.values.push({ name: 'sum', dtype: 'float32', shape: ['batch', 300] });
  made.add('Neg', ['sum'], null, ['y']);
  made.values.push(y);
  return made;
}

it('writes a model with everything in it', () => {
  const { model, externalData } = encode(graph(), [x], [y], info, null);
  expect(externalData).toBeNull();
  const read = readModel(model);
  expect(read).toMatchObject({
    irVersion: 9,
    producer: ['a program', '1.2.3'],
    description: 'adds',
    opsets: [['', 19]],
    metadata: info.metadata,
    operators: [
      { op: 'Add', domain: '', inputs: ['x', 'first.weight'], outputs: ['sum'] },
      { op: 'Neg', domain: '', inputs: ['sum'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', shape: ['batch', 300] }],
    values: [{ name: 'sum', shape: ['batch', 300] }],
  });
  expect(read.outputs.map(({ name }) => name)).toEqual(['y']);
  expect(read.initialisers.map(({ name, shape, bytes }) => [name, shape, bytes.length])).toEqual([
    ['small', [3], 12],
    ['first.weight', [300], 1200],
    ['second.weight', [2000], 8000],
  ]);
});

it('puts all but small weights beside the model, each at the start of a page', () => {
  const inline = readModel(encode(graph(), [x], [y], info, null).model).initialisers;
  const { model, externalData } = encode(graph(), [x], [y], info, 'w.data');
  const [small, ...large] = readModel(model).initialisers;
  expect([small?.external, small?.bytes.length]).toEqual([{}, 12]);
  expect(large.map(({ external }) => external)).toEqual([
    { location: 'w.data', offset: '0', length: '1200' },
    { location: 'w.data', offset: '4096', length: '8000' },
  ]);
  expect(externalData?.data.length).toBe(12_096);
  large.forEach(({ bytes, external }, i) => {
    expect(bytes.length).toBe(0);
    const start = Number(external['offset']);
    const stored = externalData?.data.slice(start, start + Number(external['length']));
    expect(stored).toEqual(inline[i + 1]?.bytes);
  });
});
