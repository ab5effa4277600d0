import type { Operator } from '@crossweave/tfjs-backend-onnx/graph';
import { sizeOf } from '@crossweave/tfjs-backend-onnx/graph';
import type { Lowering } from './lowering';
import { float, operand } from './lowering';
import type { Emitter } from './emitter';
import type { Value } from './value';

const one =
  (write: (e: Emitter, x: Value) => Value): Lowering =>
  (e, _, inputs) =>
    write(e, operand(inputs, 0));

const plain = (name: string): Lowering => one((e, x) => e.like(name, x));
const expanded = (name: string): Lowering => one((e, x) => e.chlo(name, x));

const same = (e: Emitter, number: number, { shape, dtype }: Value): Value =>
  e.fill(number, shape, dtype);

export const unary = {
  Abs: plain('abs'),
  Acos: expanded('acos'),
  Acosh: expanded('acosh'),
  Asin: expanded('asin'),
  Asinh: expanded('asinh'),
  /**
   * As atan2(x, 1), of which XLA does not know the 1: one build computes its own arctangent of more
   * numbers than a vector holds wrong. As a list, because six axes take it a minute to compile.
   */
  Atan: one((e, x) => {
    const list = e.reshape(x, [sizeOf(x.shape)]);
    return e.reshape(e.like('atan2', list, e.opaque(same(e, 1, list))), x.shape);
  }),
  Atanh: expanded('atanh'),
  Ceil: plain('ceil'),
  Cos: plain('cosine'),
  Cosh: expanded('cosh'),
  Erf: expanded('erf'),
  Exp: plain('exponential'),
  Floor: plain('floor'),
  /** alpha · x + beta, at least 0 and at most 1 */
  HardSigmoid: (e, node, [x]) => {
    const given = x as Value;
    const line = e.like(
      'add',
      e.like('multiply', given, same(e, float(node, 'alpha', 0.2), given)),
      same(e, float(node, 'beta', 0.5), given),
    );
    return e.like('minimum', e.like('maximum', line, same(e, 0, given)), same(e, 1, given));
  },
  IsInf: one((e, x) => e.compare('EQ', e.like('abs', x), same(e, Infinity, x))),
  IsNaN: one((e, x) => e.compare('NE', x, x)),
  /** XLA takes log(exp(x)) for x, on which formulas exact near 0 rely not to be so. */
  Log: (e, node, [x]) =>
    e.like('log', node.inputs[0]?.op === 'Exp' ? e.opaque(x as Value) : (x as Value)),
  Neg: plain('negate'),
  Not: plain('not'),
  Reciprocal: one((e, x) => e.like('divide', same(e, 1, x), x)),
  Relu: one((e, x) => e.like('maximum', x, same(e, 0, x))),
  Round: plain('round_nearest_even'),
  Sigmoid: plain('logistic'),
  Sign: plain('sign'),
  Sin: plain('sine'),
  Sinh: expanded('sinh'),
  /** log(1 + exp(x)) = max(x, 0) + log(1 + exp(−|x|)) */
  Softplus: one((e, x) => {
    const small = e.like('exponential', e.like('negate', e.like('abs', x)));
    return e.like('add', e.like('maximum', x, same(e, 0, x)), e.like('log_plus_one', small));
  }),
  Sqrt: plain('sqrt'),
  Tanh: plain('tanh'),
} satisfies Partial<Record<Operator, Lowering>>;
