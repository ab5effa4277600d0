import * as tf from '@tensorflow/tfjs-core';
import type { Kind, Move, Value } from './moves';
import { exactly, fits, is, roughly } from './moves';

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
const ops = tf as unknown as Record<string, Unary & Binary>;

const smooth = [
  ...['exp', 'sin', 'tanh', 'sigmoid', 'log', 'sqrt', 'softplus', 'erf'],
  ...['atan', 'expm1', 'log1p', 'cos', 'elu', 'selu', 'asinh', 'logSigmoid'],
];
/** Of exact values as exact as they are. */
const faithful = ['neg', 'abs', 'relu', 'relu6', 'square', 'clone', 'zerosLike', 'onesLike'];
const jumping = ['floor', 'ceil', 'round', 'sign', 'step', 'isNaN', 'isFinite', 'isInf'];
const ofIntegers = ['neg', 'relu', 'relu6', 'round', 'sign', 'step', 'clone', 'zerosLike'];

const unary =
  (names: readonly string[], kind: Kind, result: (y: tf.Tensor, x: Value) => Value): Move =>
  (x, _, __, dice) => {
    if (!is(x, kind)) return null;
    const name = names[dice(names.length)] as string;
    return result((ops[name] as Unary)(x.tensor), x);
  };

const binary =
  (names: readonly string[], kind: Kind, result: (y: tf.Tensor, ...x: Value[]) => Value): Move =>
  (a, b, _, dice) => {
    if (!is(a, kind) || !is(b, kind) || !fits(a, b)) return null;
    const name = names[dice(names.length)] as string;
    return result((ops[name] as Binary)(a.tensor, b.tensor), a, b);
  };

const onlyExact =
  (move: Move): Move =>
  (a, b, c, dice) =>
    a.exact && b.exact ? move(a, b, c, dice) : null;

/** The same without the sign of a zero, which ONNX Runtime's Where and a sum with 0 do not keep. */
const unsigned = (x: Value): Value =>
  is(x, 'float32')
    ? exactly(tf.where(tf.equal(x.tensor, 0), tf.zerosLike(x.tensor), x.tensor), x)
    : x;

const comparisons = ['equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual'];
const types: readonly Kind[] = ['float32', 'int32', 'bool'];

export const elementwise: readonly Move[] = [
  unary(smooth, 'float32', roughly),
  unary(faithful, 'float32', exactly),
  onlyExact(unary(jumping, 'float32', exactly)),
  unary(ofIntegers, 'int32', exactly),
  unary(['logicalNot', 'clone', 'zerosLike'], 'bool', exactly),
  binary(['add', 'sub', 'mul', 'maximum', 'minimum', 'squaredDifference'], 'float32', exactly),
  (x, b, c, dice) => unary(['rsqrt', 'reciprocal'], 'float32', roughly)(unsigned(x), b, c, dice),
  (a, b, c, dice) => binary(['div'], 'float32', roughly)(a, unsigned(b), c, dice),
  // These jump beside a whole exponent and by 2π beside 0.
  onlyExact((a, b, c, dice) => {
    if (!is(a, 'float32') || !is(b, 'float32')) return null;
    // 1 to the power of NaN or Infinity is 1, as IEEE 754 has it; JavaScript's is NaN.
    const power = exactly(tf.where(tf.isFinite(b.tensor), b.tensor, tf.onesLike(b.tensor)), b);
    return binary(['pow', 'atan2'], 'float32', roughly)(unsigned(a), unsigned(power), c, dice);
  }),
  onlyExact(binary(['mod', 'floorDiv', ...comparisons], 'float32', exactly)),
  binary(['add', 'sub', 'maximum', 'minimum', 'mod', 'floorDiv', 'bitwiseAnd'], 'int32', exactly),
  binary(comparisons, 'int32', exactly),
  binary(['logicalAnd', 'logicalOr', 'logicalXor', 'equal', 'notEqual'], 'bool', exactly),
  onlyExact((x, _, __, dice) => {
    const to = types[dice(3)] as Kind;
    return exactly(tf.cast(x.tensor, to), x);
  }),
  (a, b, c) => {
    if (!is(a, 'bool') || b.tensor.dtype !== c.tensor.dtype || !fits(a, b)) return null;
    if (!fits(a, c) || !fits(b, c)) return null;
    // tfjs-core leaves a scalar as it is where it should spread it to no elements.
    if ([a, b, c].some(({ tensor }) => tensor.size === 0)) return null;
    return exactly(tf.where(a.tensor, b.tensor, c.tensor), b, c);
  },
  (x, _, __, dice) => {
    if (is(x, 'bool')) return null;
    const low = [-1, -2.5, -Infinity][dice(3)] as number;
    return exactly(tf.clipByValue(x.tensor, low, [0, 2.5, 1e12][dice(3)] as number), x);
  },
];
