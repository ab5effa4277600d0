import type { Node } from '../graph/node';
import { sameShape, sizeOf } from '../graph/types';
import { alignNumbers } from './align-numbers';
import { sumOfProducts } from './sum-of-products';
import type { Rule, Workshop } from './rule';
import { fewestAxes } from './transpose';
import { turnedConcat } from './turned-concat';

/**
 * The operands [x, c] of a product x · c or c · x with a number c, if x has the shape of the
 * product, else null.
 */
function scaled(node: Node | undefined, workshop: Workshop): readonly [Node, number] | null {
  if (node?.op !== 'Mul' || node.dtype !== 'float32') return null;
  const [a, b] = node.inputs as [Node, Node];
  const right = workshop.numberOf(b);
  if (right !== null && sameShape(a.shape, node.shape)) return [a, right];
  const left = workshop.numberOf(a);
  return left !== null && sameShape(b.shape, node.shape) ? [b, left] : null;
}

const isPlain = (value: number): boolean => {
  const size = Math.abs(value);
  return size > 1e-30 && size < 1e30;
};

/** (x · a) · b = x · ab, unless ab overflows or underflows. */
export const foldScales: Rule = (node, workshop) => {
  const outer = scaled(node, workshop);
  const inner = scaled(outer?.[0], workshop);
  if (outer === null || inner === null || !workshop.isUsedOnce(outer[0])) return null;
  const product = outer[1] * inner[1];
  if (!isPlain(product) || !isPlain(inner[1])) return null;
  return workshop.node('Mul', [inner[0], workshop.scalar(product)], node.shape, 'float32');
};

/** Moves a factor of an operand into the matrix product: `FusedMatMul` applies it at no cost. */
const scaleInsideProduct: Rule = (node, workshop) => {
  if (!['MatMul', 'FusedMatMul'].includes(node.op) || node.dtype !== 'float32') return null;
  let factor = alphaOf(node);
  const inputs = node.inputs.map((input) => {
    const found = scaled(input, workshop);
    if (found === null || !workshop.isUsedOnce(input) || !isPlain(found[1] * factor)) return input;
    factor *= found[1];
    return found[0];
  });
  return factor === alphaOf(node) ? null : fusedMatMul(workshop, node, inputs, factor);
};

/** Moves a factor after a matrix product into the product. */
const scaleAfterProduct: Rule = (node, workshop) => {
  const [product, factor] = scaled(node, workshop) ?? [];
  if (product === undefined || factor === undefined || !workshop.isUsedOnce(product)) return null;
  if (!['MatMul', 'FusedMatMul'].includes(product.op)) return null;
  const alpha = alphaOf(product) * factor;
  return isPlain(alpha) ? fusedMatMul(workshop, product, product.inputs, alpha) : null;
};

function alphaOf(product: Node): number {
  const alpha = product.attributes?.['alpha'];
  return typeof alpha === 'object' && 'f' in alpha ? alpha.f : 1;
}

function fusedMatMul(
  workshop: Workshop,
  product: Node,
  inputs: readonly Node[],
  alpha: number,
): Node {
  const attributes = { ...product.attributes, alpha: { f: alpha } };
  return workshop.node('FusedMatMul', inputs, product.shape, 'float32', attributes);
}

/** A matrix product plus a row becomes `Gemm`, which includes the sum. */
const rowInsideProduct: Rule = (node, workshop) => {
  if (node.op !== 'Add' || node.dtype !== 'float32') return null;
  for (const [product, row] of [node.inputs, [...node.inputs].reverse()] as [Node, Node][]) {
    if (!['MatMul', 'FusedMatMul'].includes(product.op) || !workshop.isUsedOnce(product)) continue;
    const [a, b] = product.inputs as [Node, Node];
    if (a.shape.length !== 2 || b.shape.length !== 2) continue;
    if (!sameShape(row.shape, [product.shape[1] as number])) continue;
    const { transA = 0, transB = 0 } = product.attributes ?? {};
    const attributes = { transA, transB, alpha: { f: alphaOf(product) } };
    return workshop.node('Gemm', [a, b, row], node.shape, 'float32', attributes);
  }
  return null;
};

/**
 * (erf(x) + 1) · ½, the normal distribution function of GELU, in one pass by `HardSigmoid`, a line
 * clipped to [0, 1]. The values never leave [0, 1], so clipping has no effect.
 */
export const distributionFunction: Rule = (node, workshop) => {
  const outer = scaled(node, workshop);
  if (outer === null || outer[1] !== 0.5) return null;
  const [sum] = outer;
  if (sum.op !== 'Add') return null;
  const [a, b] = sum.inputs as [Node, Node];
  const erf = workshop.numberOf(b) === 1 ? a : workshop.numberOf(a) === 1 ? b : null;
  if (erf?.op !== 'Erf') return null;
  const line = { alpha: { f: 0.5 }, beta: { f: 0.5 } };
  return workshop.node('HardSigmoid', [erf], node.shape, 'float32', line);
};

/** A sum over leading axes becomes a product with a row of ones, which uses all threads. */
const sumOfRows: Rule = (node, workshop) => {
  const [x] = node.inputs;
  const axes = node.integers?.[0];
  if (node.op !== 'ReduceSum' || x?.dtype !== 'float32' || axes === undefined) return null;
  if (axes.length === x.shape.length || axes.some((axis, i) => axis !== i)) return null;
  const rows = sizeOf(x.shape.slice(0, axes.length));
  const columns = sizeOf(x.shape.slice(axes.length));
  if (rows < 8 || columns < 8) return null;
  const ones = workshop.node('Expand', [workshop.scalar(1)], [1, rows], 'float32', null, [
    [1, rows],
  ]);
  const flat = workshop.reshape(x, [rows, columns]);
  return workshop.reshape(
    workshop.node('MatMul', [ones, flat], [1, columns], 'float32'),
    node.shape,
  );
};

/** The rules for the CPU, in the order in which they are tried on each operator. */
export const rules: readonly Rule[] = [
  foldScales,
  scaleInsideProduct,
  scaleAfterProduct,
  rowInsideProduct,
  distributionFunction,
  sumOfProducts,
  sumOfRows,
  alignNumbers,
  turnedConcat,
  fewestAxes,
];
