import type { Operator } from '@crossweave/tfjs-backend-onnx/graph';
import { Node, OPERATORS, leaf, makePlan } from '@crossweave/tfjs-backend-onnx/graph';
import { describe, expect, it } from 'vitest';
import { XlaBackendError } from '../errors';
import { lowerPlan } from './lower-plan';
import type { Precision } from './precision';
import { precisionsOn } from './precision';
import { LOWERINGS } from './table';

const number = (value: number): Node =>
  new Node('@const', [], [], 'float32', { value: { f: value } });

/** A plan of these operators, in order; the last is its output. */
const planOf = (...nodes: Node[]) => makePlan(nodes, [nodes.at(-1) as Node]);

const linesOf = (...nodes: Node[]): string[] => {
  const plan = planOf(...nodes);
  const { text } = lowerPlan(
    plan,
    plan.leaves.map(() => null),
  );
  return text.trimEnd().split('\n');
};

describe('lowerPlan', () => {
  it('writes a step as one function of lists, with what may be written over what', () => {
    const [w, gradient, rate] = [leaf([2, 3], 'float32'), leaf([2, 3], 'float32'), number(0.5)];
    const change = new Node('Mul', [gradient, rate], [2, 3], 'float32');
    const next = new Node('Sub', [w, change], [2, 3], 'float32');
    expect(linesOf(rate, change, next)).toEqual([
      'module @step {',
      'func.func public @main(%arg0: tensor<6xf32>, %arg1: tensor<6xf32> {tf.aliasing_output = 0 : i32}) -> (tensor<6xf32>) {',
      '%0 = "stablehlo.reshape"(%arg0) : (tensor<6xf32>) -> tensor<2x3xf32>',
      '%1 = "stablehlo.reshape"(%arg1) : (tensor<6xf32>) -> tensor<2x3xf32>',
      '%2 = "stablehlo.constant"() {value = dense<0x3F000000> : tensor<f32>} : () -> tensor<f32>',
      '%3 = "stablehlo.constant"() {value = dense<0x3F000000> : tensor<2x3xf32>} : () -> tensor<2x3xf32>',
      '%4 = "stablehlo.multiply"(%0, %3) : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>',
      '%5 = "stablehlo.subtract"(%1, %4) : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>',
      '%6 = "stablehlo.reshape"(%5) : (tensor<2x3xf32>) -> tensor<6xf32>',
      '"func.return"(%6) : (tensor<6xf32>) -> ()',
      '}',
      '}',
    ]);
  });

  it('builds constants in, bit by bit, and leaves their arguments out', () => {
    const [x, c] = [leaf([2], 'float32'), leaf([2], 'float32')];
    const plan = planOf(new Node('Add', [x, c], [2], 'float32'));
    const constants = [null, Float32Array.of(-0, Number.NaN)];
    const { text, inputs } = lowerPlan(plan, constants);
    expect(inputs).toEqual([0]);
    expect(text).toContain('dense<"0x000000800000C07F"> : tensor<2xf32>');
  });

  it('gives a verdict on indices that only the run knows', () => {
    const [x, at] = [leaf([5], 'float32'), leaf([2], 'int32')];
    const picked = new Node('Gather', [x, at], [2], 'float32', { axis: 0 });
    const plan = planOf(picked);
    const late = lowerPlan(plan, [null, null]);
    expect(late.refusals).toEqual(['Gather: an index is outside of [5]']);
    expect(late.text).toContain('-> (tensor<2xf32>, tensor<1xi32>)');
    const known = lowerPlan(plan, [null, Int32Array.of(4, 0)]);
    expect(known.refusals).toEqual([]);
    expect(known.text).toContain('-> (tensor<2xf32>)');
  });

  it('says what is split among devices, which is never written over', () => {
    const [w, x] = [leaf([4], 'float32'), leaf([4], 'float32')];
    const plan = planOf(new Node('Add', [w, x], [4], 'float32'));
    const { text, isDonor } = lowerPlan(plan, [null, null], { devices: 2, isSplit: [true, false] });
    const [, mesh, head] = text.split('\n');
    expect(mesh).toBe('sdy.mesh @devices = <["batch"=2]>');
    const all = '#sdy.sharding<@devices, [{}]>';
    expect(head).toBe(
      'func.func public @main(%arg0: tensor<4xf32> {sdy.sharding = #sdy.sharding<@devices, [{"batch"}]>}, ' +
        `%arg1: tensor<4xf32> {tf.aliasing_output = 0 : i32, sdy.sharding = ${all}}) -> ` +
        `(tensor<4xf32> {sdy.sharding = ${all}}) {`,
    );
    expect(isDonor).toEqual([false, true]);
  });

  it('rounds operands of products alone, and sums in float32', () => {
    const [a, b] = [leaf([2, 2], 'float32'), leaf([2, 2], 'float32')];
    const product = new Node('MatMul', [a, b], [2, 2], 'float32');
    const plan = planOf(product, new Node('Exp', [product], [2, 2], 'float32'));
    const text = (precision: Precision): string =>
      lowerPlan(plan, [null, null], { precisions: precisionsOn('cpu', precision) }).text;
    const bf16 = text('bf16');
    expect(bf16).toContain('"stablehlo.convert"(%0) : (tensor<2x2xf32>) -> tensor<2x2xbf16>');
    expect(bf16).toContain('(tensor<2x2xbf16>, tensor<2x2xbf16>) -> tensor<2x2xf32>');
    expect(bf16).toMatch(/exponential.*\(tensor<2x2xf32>\) -> tensor<2x2xf32>/);
    const exact = (given: string): boolean => given.includes('precision HIGHEST');
    expect([text('float32'), text('tf32')].map(exact)).toEqual([true, false]);
    expect(text('tf32')).not.toContain('bf16');
  });

  it('sums convolutions in float32 on a GPU too, whose library sums bf16 in bf16', () => {
    const [x, w] = [leaf([1, 1, 2, 2], 'float32'), leaf([1, 1, 2, 2], 'float32')];
    const plan = planOf(
      new Node('Conv', [x, w], [1, 1, 1, 1], 'float32', { kernel_shape: [2, 2] }),
    );
    const text = (platform: string): string =>
      lowerPlan(plan, [null, null], { precisions: precisionsOn(platform, 'bf16') }).text;
    expect(text('cpu')).toContain('(tensor<1x1x2x2xbf16>, tensor<1x1x2x2xbf16>)');
    expect(text('cuda')).not.toContain('bf16');
    expect(text('cuda')).toContain('precision DEFAULT');
    expect(precisionsOn('cuda', 'bf16').dot_general).toBe('bf16');
  });

  it('hides from XLA what it would rearrange', () => {
    const barriers = (...nodes: Node[]): number =>
      linesOf(...nodes).filter((line) => line.includes('optimization_barrier')).length;
    const x = leaf([2], 'float32');
    const [one, seven, eight] = [number(1), number(7), number(8)];
    const sum = new Node('Add', [x, one], [2], 'float32');
    const op = (name: Operator, ...inputs: Node[]): Node => new Node(name, inputs, [2], 'float32');
    expect(barriers(one, sum, op('Sub', sum, one))).toBe(1);
    expect(barriers(one, sum, op('Sub', sum, x))).toBe(0);
    expect(barriers(seven, op('Div', x, seven))).toBe(1);
    expect(barriers(eight, op('Div', x, eight))).toBe(0);
    // All ones: a sum that XLA would compute itself, slowly.
    const ones = new Node('Expand', [one], [100, 100], 'float32', null, [[100, 100]]);
    expect(barriers(one, ones, new Node('ReduceSum', [ones], [], 'float32'))).toBe(1);
    const exp = op('Exp', x);
    expect(barriers(exp, op('Log', exp))).toBe(1);
  });

  it('compares with an extremum by the place where it was found, and with anything else by value', () => {
    const x = leaf([2, 3], 'float32');
    const largest = new Node('ReduceMax', [x], [2, 1], 'float32', { keepdims: 1 }, [[1]]);
    const equalTo = (other: Node, ...before: Node[]): string[] =>
      linesOf(...before, new Node('Equal', [x, other], [2, 3], 'bool')).filter((line) =>
        /stablehlo\.(or|iota)/.test(line),
      );
    const shown = new Node('Reshape', [largest], [2, 1], 'float32', null, [[2, 1]]);
    expect(equalTo(shown, largest, shown)).toHaveLength(3);
    expect(equalTo(leaf([2, 1], 'float32'))).toEqual([]);
    const halves = new Node('Mul', [largest, largest], [2, 1], 'float32');
    expect(equalTo(halves, largest, halves)).toEqual([]);
  });

  it('turns as few axes as it can', () => {
    const turned = (shape: number[], perm: number[]): string[] =>
      linesOf(
        new Node(
          'Transpose',
          [leaf(shape, 'float32')],
          perm.map((axis) => shape[axis]!),
          'float32',
          {
            perm,
          },
        ),
      ).filter((line) => line.includes('transpose'));
    expect(turned([2, 3, 2, 2, 2, 2], [1, 0, 2, 3, 4, 5])[0]).toContain(
      '{permutation = array<i64: 1, 0, 2>} : (tensor<2x3x16xf32>) -> tensor<3x2x16xf32>',
    );
    expect(turned([2, 3, 1, 4], [3, 0, 2, 1])[0]).toContain(
      '{permutation = array<i64: 1, 0>} : (tensor<6x4xf32>) -> tensor<4x6xf32>',
    );
    expect(turned([2, 3, 4], [2, 1, 0])[0]).toContain('(tensor<2x3x4xf32>) -> tensor<4x3x2xf32>');
    expect(turned([2, 1, 3], [1, 0, 2])).toEqual([]);
  });

  it('has every operator that kernels record, and names the one it has not', () => {
    expect(Object.keys(LOWERINGS).sort()).toEqual([...OPERATORS].sort());
    const x = leaf([2], 'float32');
    try {
      linesOf(new Node('Gelu', [x], [2], 'float32'));
      expect.fail('nothing was thrown');
    } catch (error) {
      expect(XlaBackendError.is(error)).toBe(true);
      expect(error).toMatchObject({ code: 'unsupported-op', op: 'Gelu' });
    }
  });

  it('refuses forms that no kernel records', () => {
    const [x, at] = [leaf([2, 3], 'float32'), leaf([2, 3], 'int64')];
    const form = (op: string, attributes: Record<string, number | string>): Node =>
      new Node(op, [x, at, x], [2, 3], 'float32', attributes);
    for (const [node, why] of [
      [form('ScatterElements', { axis: 0, reduction: 'mul' }), 'other than a sum'],
      [form('ScatterElements', { axis: 1, reduction: 'add' }), 'along another axis'],
      [form('ScatterElements', { axis: 0, reduction: 'add' }), 'another index in each column'],
      [new Node('Pad', [x, leaf([4], 'int64')], [4, 3], 'float32'), 'not known'],
    ] as const) {
      expect(() => linesOf(node)).toThrow(why);
    }
  });
});
