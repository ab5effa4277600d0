import type { Node, Rule, Workshop } from '@crossweave/tfjs-backend-onnx/graph';
import { sameShape, structuralNumber } from '@crossweave/tfjs-backend-onnx/graph';

/*
 * OpenVINO's vector code loses NaN in some operators. Each rule here writes such an operator in a
 * form that keeps NaN, as ONNX defines it. `Max` and `Min` of two operands give the second one if
 * either is NaN.
 */

const select = (workshop: Workshop, test: Node, then: Node, otherwise: Node, like: Node): Node =>
  workshop.node('Where', [test, then, otherwise], like.shape, like.dtype);

/** `result` where x is a number, x where it is NaN. Both have the same shape. */
function keepingNaN(workshop: Workshop, x: Node, result: Node): Node {
  const isNumber = workshop.node('Equal', [x, x], x.shape, 'bool');
  return select(workshop, isNumber, result, x, result);
}

const isNumber = (workshop: Workshop, node: Node): boolean => {
  const value = workshop.numberOf(node) ?? structuralNumber(node);
  return value !== null && !Number.isNaN(value);
};

/** The exponential of NaN is infinity in OpenVINO. */
const exponential: Rule = (node, workshop) => {
  if (node.op !== 'Exp') return null;
  const [x] = node.inputs as [Node];
  return keepingNaN(workshop, x, node);
};

/** The other operand if one operand is a number. */
function besideNumber(workshop: Workshop, node: Node): Node | null {
  const [a, b] = node.inputs as [Node, Node];
  if (isNumber(workshop, a)) return b;
  return isNumber(workshop, b) ? a : null;
}

const OPPOSITE: Readonly<Record<string, string>> = { Max: 'Min', Min: 'Max' };

/**
 * Puts a number first and an operand that may be NaN second; constants are computed the other way
 * round. OpenVINO makes one operator of a maximum and a minimum, which loses NaN in either order.
 */
const extremes =
  (isKnown: IsKnown): Rule =>
  (node, workshop) => {
    if (OPPOSITE[node.op] === undefined || node.dtype !== 'float32') return null;
    if (isKnown(node)) return knownExtreme(node, workshop);
    const [a, b] = node.inputs as [Node, Node];
    const x = besideNumber(workshop, node);
    if (x === null) {
      const isPlain = workshop.node('Equal', [a, a], a.shape, 'bool');
      return select(workshop, isPlain, node, a, node);
    }
    const ordered = workshop.node(node.op, [x === b ? a : b, x], node.shape, node.dtype);
    const inner = x.op === OPPOSITE[node.op] ? besideNumber(workshop, x) : null;
    return inner !== null && sameShape(inner.shape, node.shape)
      ? keepingNaN(workshop, inner, ordered)
      : ordered;
  };

/** The first operand is kept if either is NaN, where OpenVINO computes constants. */
function knownExtreme(node: Node, workshop: Workshop): Node | null {
  const [a, b] = node.inputs as [Node, Node];
  if (!isNumber(workshop, a)) return null;
  return workshop.node(node.op, [b, a], node.shape, 'float32');
}

/** Operators whose kernels apply a `Relu` to their result, and operators that may be between. */
const PRODUCTS: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']);
const BETWEEN: ReadonlySet<string> = new Set(['Add', 'BatchNormalization', 'Mul', 'Reshape']);

/**
 * Whether a node is the result of a product, up to a bias and a norm, so that OpenVINO applies what
 * follows within the product.
 */
function followsProduct(node: Node, depth = 4): boolean {
  if (PRODUCTS.has(node.op)) return true;
  if (depth === 0 || !BETWEEN.has(node.op)) return false;
  return node.inputs.some((input) => followsProduct(input, depth - 1));
}

/** The positive part. Behind a product it stays an operator of its own, and NaN becomes 0. */
const rectifier =
  (isKnown: IsKnown): Rule =>
  (node, workshop) => {
    if (node.op !== 'Relu') return null;
    const [x] = node.inputs as [Node];
    if (node.dtype === 'float32' && (isKnown(node) || followsProduct(x))) return null;
    return workshop.node('Max', [zero(workshop, node), x], node.shape, node.dtype);
  };

const zero = (workshop: Workshop, { dtype }: Node): Node =>
  workshop.node('@const', [], [], dtype, { value: { f: 0 } });

/** A line clipped to [0, 1]. OpenVINO takes an offset of 0 for its default ½. */
const clippedLine =
  (isKnown: IsKnown): Rule =>
  (node, workshop) => {
    if (node.op !== 'HardSigmoid') return null;
    const [x] = node.inputs as [Node];
    const [slope, offset] = ['alpha', 'beta'].map((name) => {
      const value = node.attributes?.[name];
      return typeof value === 'object' && 'f' in value ? value.f : 0;
    }) as [number, number];
    const of = (op: string, a: Node, b: Node): Node =>
      workshop.node(op, [a, b], node.shape, 'float32');
    const scaled = of('Mul', x, workshop.scalar(slope));
    const line = offset === 0 ? scaled : of('Add', scaled, workshop.scalar(offset));
    const [none, all] = [workshop.scalar(0), workshop.scalar(1)];
    return isKnown(node)
      ? of('Min', of('Max', line, none), all)
      : keepingNaN(workshop, x, of('Min', all, of('Max', none, line)));
  };

/** Comparisons with NaN are false. In OpenVINO these two are true. */
const comparisons: Rule = (node, workshop) => {
  const mirrored = { Greater: 'Less', GreaterOrEqual: 'LessOrEqual' }[node.op];
  if (mirrored === undefined || node.inputs[0]?.dtype !== 'float32') return null;
  return workshop.node(mirrored, [...node.inputs].reverse(), node.shape, 'bool');
};

/** A number is true if it is not 0. */
const truth: Rule = (node, workshop) => {
  const [x] = node.inputs;
  if (node.op !== 'Cast' || node.dtype !== 'bool' || x === undefined) return null;
  const none = zero(workshop, x);
  const isZero = workshop.node('Equal', [x, none], node.shape, 'bool');
  return workshop.node('Not', [isZero], node.shape, 'bool');
};

/** Whether a node is computed from constants alone, and so while OpenVINO compiles the graph. */
export type IsKnown = (node: Node) => boolean;

export const numberRules = (isKnown: IsKnown): readonly Rule[] => [
  exponential,
  extremes(isKnown),
  rectifier(isKnown),
  clippedLine(isKnown),
  comparisons,
  truth,
];
