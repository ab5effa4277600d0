import { expect, it } from 'vitest';
import { loadRuntime } from '../runtime';
import { encodeModel } from './model';
import { Node, leaf, settle } from './node';
import { makePlan, sameKey } from './plan';
import { ProtoWriter } from './proto';

const op = (name: string, ...inputs: Node[]): Node =>
  new Node(name, inputs, [2], 'float32', null, null, 1);
const input = (): Node => leaf(Float32Array.of(1, 2), [2], 'float32');

it('writes numbers, texts and nested messages as protobuf does', () => {
  const writer = new ProtoWriter();
  writer.varint(1, 300);
  writer.varint(2, -1);
  writer.string(3, 'é');
  writer.float(4, 1);
  writer.message(5, () => {
    writer.varint(1, 7);
  });
  const minusOne = [...new Array<number>(9).fill(0xff), 0x01];
  const nested = [0x2a, 0x82, 0x80, 0x80, 0x80, 0x00, 0x08, 0x07];
  const text = [0x1a, 0x02, 0xc3, 0xa9];
  const float = [0x25, 0, 0, 0x80, 0x3f];
  expect([...writer.finish()]).toEqual([
    0x08,
    0xac,
    0x02,
    0x10,
    ...minusOne,
    ...text,
    ...float,
    ...nested,
  ]);
});

it('writes what does not fit its first buffer', () => {
  const writer = new ProtoWriter();
  const long = 'x'.repeat(100_000);
  writer.string(1, long);
  writer.data(2, new Uint8Array(50_000).fill(9));
  const bytes = writer.finish();
  expect(bytes.length).toBe(1 + 3 + 100_000 + 1 + 3 + 50_000);
  expect(bytes.at(-1)).toBe(9);
});

it('plans only what is needed', () => {
  const x = input();
  const used = op('Exp', x);
  const unused = op('Log', x);
  const wanted = op('Add', used, x);
  const plan = makePlan([used, unused, wanted], [wanted]);
  expect(plan.nodes).toEqual([used, wanted]);
  expect(plan.leaves).toEqual([x]);
});

it('has equal keys for equal structures, and others for other wiring, types or outputs', () => {
  const build = (swap: boolean, all: boolean): Int32Array => {
    const [x, y] = [input(), input()];
    const first = op('Exp', x);
    const second = swap ? op('Sub', y, first) : op('Sub', first, y);
    return makePlan([first, second], all ? [first, second] : [second]).key;
  };
  expect(sameKey(build(false, false), build(false, false))).toBe(true);
  expect(sameKey(build(false, false), build(true, false))).toBe(false);
  expect(sameKey(build(false, false), build(false, true))).toBe(false);
});

it('does not care where an input came from', () => {
  const computed = op('Exp', input());
  settle(computed, Float32Array.of(3, 4));
  const key = (x: Node): Int32Array => {
    const y = op('Neg', x);
    return makePlan([y], [y]).key;
  };
  expect(sameKey(key(computed), key(input()))).toBe(true);
});

it('encodes a model that ONNX Runtime loads and runs', () => {
  const { Session, Tensor } = loadRuntime();
  const x = input();
  const two = new Node('@const', [], [], 'float32', { value: { f: 2 } }, null, 1);
  const doubled = op('Mul', x, two);
  const total = new Node('ReduceSum', [doubled], [1], 'float32', { keepdims: 1 }, [[0]], 1);
  const plan = makePlan([two, doubled, total], [total]);
  const model = encodeModel(plan, [null]);
  const session = new Session();
  session.loadModel(model.buffer, model.byteOffset, model.byteLength, {});
  const out = new Tensor('float32', new Float32Array(1), [1]);
  session.run({ L0: new Tensor('float32', Float32Array.of(1, 2), [2]) }, { N2: out }, {});
  expect([...out.data]).toEqual([6]);
  session.dispose();
});
