import { expect, it } from 'vitest';
import { Node, leaf } from '../graph/node';
import { makePlan } from '../graph/plan';
import { countOutputs, encodeModel, nameOf } from './model';
import { loadRuntime } from '../runtime';

it('encodes a model that ONNX Runtime loads and runs', () => {
  const { Session, Tensor } = loadRuntime();
  const x = leaf([2], 'float32');
  const two = new Node('@const', [], [], 'float32', { value: { f: 2 } });
  const doubled = new Node('Mul', [x, two], [2], 'float32');
  const total = new Node('ReduceSum', [doubled], [1], 'float32', { keepdims: 1 }, [[0]]);
  const plan = makePlan([two, doubled, total], [total]);
  const model = encodeModel(plan, [null]);
  const session = new Session();
  session.loadModel(model.buffer, model.byteOffset, model.byteLength, {});
  const out = new Tensor('float32', new Float32Array(1), [1]);
  session.run({ L0: new Tensor('float32', Float32Array.of(1, 2), [2]) }, { N2: out }, {});
  expect([...out.data]).toEqual([6]);
  session.dispose();
});

it('writes as many outputs as are used, and those an operator must have', () => {
  const x = leaf([2], 'float32');
  const node = (op: string, inputs: Node[], index?: number): Node =>
    new Node(op, inputs, [2], 'float32', index === undefined ? null : { index });
  const [best, pooled, plain] = [node('TopK', [x]), node('MaxPool', [x]), node('MaxPool', [x])];
  const place = node('@out', [pooled], 1);
  const plan = makePlan([best, pooled, place, plain], [best, place, plain]);
  const counts = countOutputs(plan);
  expect([best, pooled, plain].map((operator) => counts.get(operator))).toEqual([2, 2, undefined]);
  expect([best, pooled, place].map((value) => nameOf(plan, value))).toEqual(['N0', 'N1', 'N1.1']);
});
