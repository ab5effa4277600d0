import * as tf from '@tensorflow/tfjs-core';
import { booleans, floats, integers } from '../against-cpu';
import type { OpCase } from './op-case';
import { op } from './op-case';

const unary = [
  ...['abs', 'acosh', 'asinh', 'atan', 'ceil', 'cos', 'cosh', 'elu', 'erf', 'exp', 'expm1'],
  ...['floor', 'isFinite', 'isInf', 'isNaN', 'leakyRelu', 'neg', 'relu', 'relu6', 'round'],
  ...['selu', 'sigmoid', 'sign', 'sin', 'sinh', 'softplus', 'square', 'tan', 'tanh', 'step'],
  ...['log', 'log1p', 'sqrt', 'rsqrt', 'reciprocal', 'acos', 'asin', 'atanh'],
  ...['zerosLike', 'onesLike'],
] as const;
const arithmetic = [
  ...['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'mod', 'pow', 'squaredDifference'],
  ...['floorDiv', 'equal', 'notEqual', 'greater', 'greaterEqual', 'less', 'lessEqual'],
] as const;

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
const ops = tf as unknown as Record<string, Unary & Binary>;

export const elementwise: readonly OpCase[] = [
  ...unary.map((name) =>
    op(name, { M: 2, N: 3 }, ({ M, N }) => [ops[name] as Unary, floats([M, N], 0.4, 0.5)]),
  ),
  ...arithmetic.flatMap((name) => [
    op(`${name} of floats`, { M: 2, N: 3, K: 1 }, ({ M, N, K }) => [
      ops[name] as Binary,
      floats([M, N], 1, 2),
      floats([K, N], 1, 2),
    ]),
    op(`${name} of integers`, { M: 2, N: 3 }, ({ M, N }) => [
      ops[name] as Binary,
      integers([M, 1], 1, 6),
      integers([M, N], 1, 4),
    ]),
  ]),
  op('atan2', { M: 2, N: 3 }, ({ M, N }) => [tf.atan2, floats([M, N]), floats([M, 1])]),
  op('bitwiseAnd', { N: 3 }, ({ N }) => [tf.bitwiseAnd, integers([N]), integers([N])]),
  op('prelu', { M: 2, N: 3 }, ({ M, N }) => [tf.prelu, floats([M, N]), floats([N])]),
  op('addN', { N: 3 }, ({ N }) => [(...xs) => tf.addN(xs), floats([N]), floats([N]), floats([N])]),
  op('logicalAnd', { M: 2, N: 3 }, ({ M, N }) => [tf.logicalAnd, booleans([M, N]), booleans([N])]),
  op('logicalOr', { M: 2, N: 3 }, ({ M, N }) => [tf.logicalOr, booleans([M, N]), booleans([M, 1])]),
  op('logicalXor', { N: 3 }, ({ N }) => [tf.logicalXor, booleans([N]), booleans([N])]),
  op('logicalNot', { N: 3 }, ({ N }) => [tf.logicalNot, booleans([N])]),
  op('where', { M: 2, N: 3 }, ({ M, N }) => [
    (c, a, b) => tf.where(c, a, b),
    booleans([M, N]),
    floats([M, N]),
    floats([M, N]),
  ]),
  op('where of rows', { M: 2, N: 3 }, ({ M, N }) => [
    (c, a, b) => tf.where(c, a, b),
    booleans([M, 1]),
    integers([M, N]),
    integers([M, N]),
  ]),
  op('where of bools', { N: 3 }, ({ N }) => [
    (c, a, b) => tf.where(c, a, b),
    booleans([N]),
    booleans([N]),
    booleans([N]),
  ]),
  op('clipByValue', { N: 3 }, ({ N }) => [(x) => tf.clipByValue(x, -1, 1), floats([N])]),
  op('clipByValue of integers', { N: 3 }, ({ N }) => [
    (x) => tf.clipByValue(x, -1, 1),
    integers([N]),
  ]),
  op('the gradient of elu', { N: 3 }, ({ N }) => [tf.grad(tf.elu), floats([N])]),
  op('the gradient of relu', { N: 3 }, ({ N }) => [tf.grad(tf.relu), floats([N])]),
  ...(['float32', 'int32', 'bool'] as const).flatMap((to) => [
    op(`cast of floats to ${to}`, { N: 3 }, ({ N }) => [(x) => tf.cast(x, to), floats([N])]),
    op(`cast of integers to ${to}`, { N: 3 }, ({ N }) => [(x) => tf.cast(x, to), integers([N])]),
    op(`cast of bools to ${to}`, { N: 3 }, ({ N }) => [(x) => tf.cast(x, to), booleans([N])]),
  ]),
  op('complex numbers', { N: 3 }, ({ N }) => [
    (x, y) => {
      const z = tf.complex(x, y);
      return [tf.real(z), tf.imag(z), tf.abs(z)];
    },
    floats([N]),
    floats([N]),
  ]),
];
