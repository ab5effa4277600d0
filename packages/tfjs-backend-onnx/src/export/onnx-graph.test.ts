import { expect, it } from 'vitest';
import { OnnxGraph } from './onnx-graph';

it('gives new names that are not taken, and says whose name is', () => {
  const graph = new OnnxGraph();
  graph.claim('Add.0', "input 'x'");
  expect([graph.fresh('Add'), graph.fresh('Add')]).toEqual(['Add.1', 'Add.2']);
  expect(() => graph.claim('Add.1', 'an output')).toThrow(
    /'Add\.1' of an output is already in use/,
  );
  expect(() => graph.claim('', 'an output')).toThrow(/an output needs a name/);
});

it('writes equal lists of integers once, and numbers apart from lists of one', () => {
  const graph = new OnnxGraph();
  expect(graph.integers([2, -1])).toBe(graph.integers([2, -1]));
  expect(graph.integers([3])).not.toBe(graph.integers([3], true));
  expect(graph.initialisers.map(({ shape, bytes }) => [shape, bytes.length])).toEqual([
    [[2], 16],
    [[1], 8],
    [[], 8],
  ]);
});

it('adds operators in order', () => {
  const graph = new OnnxGraph();
  const sum = graph.add('Add', ['a', 'b']);
  expect(graph.add('Neg', [sum], null, ['out'])).toBe('out');
  expect(graph.operators).toEqual([
    { op: 'Add', inputs: ['a', 'b'], outputs: ['Add.0'], attributes: null },
    { op: 'Neg', inputs: ['Add.0'], outputs: ['out'], attributes: null },
  ]);
});
