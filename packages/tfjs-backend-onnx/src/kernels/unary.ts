import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import type { Operator } from '../graph/operators';
import { elu, leakyRelu, relu, selu } from './activations';
import { sinking } from './channels';
import { binary, castLikeJs, select, unary, via, withScalar } from './elementwise';
import { clip } from './clip';
import type { Kernel, UnaryInput } from './kernel';
import { kernel } from './kernel';

type Formula = (backend: KernelContext, x: Node) => Node;

/**
 * A kernel that computes in float32; an integer input gives an integer result, as on tfjs's cpu
 * backend. @param ofIntegers the formula for integers, computed in `through`; default float64,
 * which can express every int32.
 */
const floating = (
  formula: Formula,
  ofIntegers: Formula = formula,
  through: 'float64' | 'float32' = 'float64',
): Kernel =>
  kernel<UnaryInput>((backend, { x }) =>
    backend.output(
      sinking(backend, [backend.node(x)], (node) =>
        node.dtype === 'int32'
          ? via(backend, node, through, (wide) => ofIntegers(backend, wide))
          : via(backend, node, 'float32', (float) => formula(backend, float)),
      ),
    ),
  );

/**
 * For operators that ONNX Runtime has only in float32, and whose results are not close to integers.
 */
const single = (formula: Formula): Kernel => floating(formula, formula, 'float32');

/** Rounds floats; integers do not change. */
const rounding = (name: Operator): Kernel => floating(op(name), (_, x) => x);

/** A kernel that computes in the type of the input, so it is exact for integers. */
const exact = (formula: Formula): Kernel =>
  kernel<UnaryInput>((backend, { x }) => {
    const through = x.dtype === 'bool' ? 'int32' : (x.dtype as 'float32' | 'int32');
    return backend.output(
      sinking(backend, [backend.node(x)], (node) =>
        via(backend, node, through, (wide) => formula(backend, wide)),
      ),
    );
  });

const predicate = (formula: Formula): Kernel =>
  kernel<UnaryInput>((backend, { x }) =>
    backend.output(
      sinking(backend, [backend.node(x)], (node) =>
        formula(backend, backend.cast(node, 'float32')),
      ),
    ),
  );

function op(name: Operator): Formula {
  return (backend, x) => unary(backend, name, x);
}

/** log(1 + x), exact near 0: log(u) · x / (u − 1) with u = 1 + x (W. Kahan). */
const log1p: Formula = (b, x) => {
  const u = withScalar(b, 'Add', x, 1);
  const rest = withScalar(b, 'Sub', u, 1);
  const exactly = binary(b, 'Mul', unary(b, 'Log', u), binary(b, 'Div', x, rest));
  const small = withScalar(b, 'Less', unary(b, 'Abs', x), 0.5, 'bool');
  const tiny = withScalar(b, 'Equal', rest, 0, 'bool');
  return select(b, small, select(b, tiny, x, exactly), unary(b, 'Log', u));
};

/** exp(x) − 1, exact near 0: (u − 1) · x / log(u) with u = exp(x) (W. Kahan). */
const expm1: Formula = (b, x) => {
  const u = unary(b, 'Exp', x);
  const rest = withScalar(b, 'Sub', u, 1);
  const exactly = binary(b, 'Mul', rest, binary(b, 'Div', x, unary(b, 'Log', u)));
  const small = withScalar(b, 'Less', unary(b, 'Abs', x), 0.5, 'bool');
  const tiny = withScalar(b, 'Equal', rest, 0, 'bool');
  return select(b, small, select(b, tiny, x, exactly), rest);
};

const sign: Formula = (b, x) => {
  const nan = b.op('IsNaN', [x], x.shape, 'bool');
  return select(b, nan, b.scalar(0, x.dtype), unary(b, 'Sign', x));
};

/** log(|x| + √(x² + 1)) with the sign of x */
const asinhOfIntegers: Formula = (b, x) => {
  const size = unary(b, 'Abs', x);
  const root = unary(b, 'Sqrt', withScalar(b, 'Add', binary(b, 'Mul', x, x), 1));
  return binary(b, 'Mul', unary(b, 'Sign', x), unary(b, 'Log', binary(b, 'Add', size, root)));
};

/** log(x + √(x² − 1)), NaN below 1 */
const acoshOfIntegers: Formula = (b, x) => {
  const root = unary(b, 'Sqrt', withScalar(b, 'Sub', binary(b, 'Mul', x, x), 1));
  return unary(b, 'Log', binary(b, 'Add', x, root));
};

/** (exp(x) ± exp(−x)) / 2 */
const hyperbolicOfIntegers =
  (sign: 'Add' | 'Sub'): Formula =>
  (b, x) => {
    const [up, down] = [unary(b, 'Exp', x), unary(b, 'Exp', unary(b, 'Neg', x))];
    return withScalar(b, 'Mul', binary(b, sign, up, down), 0.5);
  };

/** log(1 + exp(x)); x where both are equal */
const softplusOfIntegers: Formula = (b, x) => {
  const large = withScalar(b, 'Greater', x, 40, 'bool');
  const log = unary(b, 'Log', withScalar(b, 'Add', unary(b, 'Exp', x), 1));
  return select(b, large, x, log);
};

/** Computed in float64, because near the poles a rounding error of x is amplified. */
const tan: Formula = (b, x) => {
  const wide = b.cast(x, 'float64');
  return b.cast(binary(b, 'Div', unary(b, 'Sin', wide), unary(b, 'Cos', wide)), x.dtype);
};

/** The largest float32; its product with any normal positive number is above 1. */
const STEEP = 3.4028234663852886e38;

/** 1 above 0, alpha elsewhere; NaN stays NaN. */
function step(b: KernelContext, x: Node, alpha: number): Node {
  // A very steep line clipped to [0, 1]: one pass, with an operator that uses all threads.
  const slope = { alpha: { f: STEEP }, beta: { f: 0 } };
  const high = b.op('HardSigmoid', [x], x.shape, 'float32', slope);
  return alpha === 0 ? high : withScalar(b, 'Add', withScalar(b, 'Mul', high, 1 - alpha), alpha);
}

export const unaryKernels = {
  Abs: exact(op('Abs')),
  Acos: single(op('Acos')),
  Acosh: floating(op('Acosh'), acoshOfIntegers),
  Asin: single(op('Asin')),
  Asinh: floating(op('Asinh'), asinhOfIntegers),
  Atan: single(op('Atan')),
  Atanh: single(op('Atanh')),
  Ceil: rounding('Ceil'),
  Cos: floating(op('Cos')),
  Cosh: floating(op('Cosh'), hyperbolicOfIntegers('Add')),
  Elu: floating(elu),
  Erf: single(op('Erf')),
  Exp: kernel<UnaryInput>((b, { x }) =>
    b.output(
      sinking(b, [b.node(x)], (node) => {
        if (node.dtype === 'float32') return unary(b, 'Exp', node);
        // For an integer this gives the nearest float32; ONNX Runtime's float32 operator may be off
        // by one bit.
        return b.cast(unary(b, 'Exp', b.cast(node, 'float64')), 'float32');
      }),
    ),
  ),
  Expm1: floating(expm1),
  Floor: rounding('Floor'),
  IsFinite: predicate((b, x) =>
    b.op(
      'Not',
      [
        b.op(
          'Or',
          [b.op('IsNaN', [x], x.shape, 'bool'), b.op('IsInf', [x], x.shape, 'bool')],
          x.shape,
          'bool',
        ),
      ],
      x.shape,
      'bool',
    ),
  ),
  IsInf: predicate((b, x) => b.op('IsInf', [x], x.shape, 'bool')),
  IsNan: predicate((b, x) => b.op('IsNaN', [x], x.shape, 'bool')),
  Log: floating(op('Log')),
  Log1p: floating(log1p),
  LogicalNot: kernel<UnaryInput>((b, { x }) =>
    b.output(unary(b, 'Not', b.cast(b.node(x), 'bool'))),
  ),
  Neg: exact(op('Neg')),
  Reciprocal: floating(op('Reciprocal')),
  Relu: exact(relu),
  Relu6: exact((b, x) => withScalar(b, 'Min', relu(b, x), 6)),
  Round: rounding('Round'),
  Rsqrt: floating((b, x) => unary(b, 'Reciprocal', unary(b, 'Sqrt', x))),
  Selu: floating(selu),
  Sigmoid: floating(op('Sigmoid')),
  Sign: floating(sign),
  Sin: floating(op('Sin')),
  Sinh: floating(op('Sinh'), hyperbolicOfIntegers('Sub')),
  Softplus: floating(op('Softplus'), softplusOfIntegers),
  Sqrt: floating(op('Sqrt')),
  Square: exact((b, x) => binary(b, 'Mul', x, x)),
  Tan: floating(tan),
  Tanh: floating(op('Tanh')),

  LeakyRelu: kernel<UnaryInput, { alpha: number }>((b, { x }, { alpha }) => {
    const node = b.cast(b.node(x), 'float32');
    return b.output(sinking(b, [node], (inner) => leakyRelu(b, inner, alpha)));
  }),
  Step: kernel<UnaryInput, { alpha: number }>((b, { x }, { alpha }) =>
    b.output(
      sinking(b, [b.node(x)], (node) => via(b, node, 'float32', (float) => step(b, float, alpha))),
    ),
  ),
  ClipByValue: kernel<UnaryInput, { clipValueMin: number; clipValueMax: number }>(
    (b, { x }, { clipValueMin, clipValueMax }) =>
      b.output(sinking(b, [b.node(x)], (node) => clip(b, node, clipValueMin, clipValueMax))),
  ),
  EluGrad: kernel<{
    dy: Parameters<KernelContext['node']>[0];
    y: Parameters<KernelContext['node']>[0];
  }>((b, { dy, y }) => {
    const gradient = b.node(dy);
    const value = b.node(y);
    const positive = b.op('GreaterOrEqual', [value, b.scalar(0)], value.shape, 'bool');
    const slope = withScalar(b, 'Add', value, 1);
    return b.output(select(b, positive, gradient, binary(b, 'Mul', gradient, slope)));
  }),
  Cast: kernel<UnaryInput, { dtype: 'float32' | 'int32' | 'bool' | 'complex64' }>(
    (b, { x }, { dtype }) => {
      if (x.dtype === dtype) {
        b.incRef(x.dataId);
        return { dataId: x.dataId, shape: x.shape, dtype };
      }
      if (dtype === 'complex64') {
        const real = b.output(b.cast(b.node(x), 'float32'));
        return b.complex(real, b.filled(0, x.shape, 'float32'));
      }
      const source = x.dtype === 'complex64' ? b.complexParts(x).real : x;
      const fill = b.fillOf(source);
      if (fill !== null) {
        const integer = dtype === 'int32' ? fill | 0 : dtype === 'bool' ? Number(fill !== 0) : fill;
        return b.filled(integer, x.shape, dtype);
      }
      return b.output(sinking(b, [b.node(source)], (node) => castLikeJs(b, node, dtype)));
    },
  ),
} satisfies Record<string, Kernel>;
