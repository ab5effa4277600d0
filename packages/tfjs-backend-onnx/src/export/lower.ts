import type { Node } from '../graph/node';
import type { OnnxGraph } from './onnx-graph';

/**
 * Writes an operator of ONNX Runtime's own domain with standard operators; `output` is the name of
 * the result.
 */
export type Lowering = (
  graph: OnnxGraph,
  node: Node,
  inputs: readonly string[],
  output: string,
) => void;

/** alpha · a × b, each optionally transposed in its last two dimensions. */
const fusedMatMul: Lowering = (graph, node, [a, b], output) => {
  const { transA = 0, transB = 0, alpha } = node.attributes ?? {};
  const [left, right] = node.inputs as readonly [Node, Node];
  if (left.shape.length === 2 && right.shape.length === 2) {
    const attributes = { transA, transB, alpha: alpha ?? { f: 1 } };
    graph.add('Gemm', [a as string, b as string], attributes, [output]);
    return;
  }
  const turn = (name: string, rank: number, transposed: boolean): string => {
    if (!transposed) return name;
    const perm = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
    return graph.add('Transpose', [name], { perm });
  };
  const operands = [
    turn(a as string, left.shape.length, transA === 1),
    turn(b as string, right.shape.length, transB === 1),
  ];
  if (alpha === undefined) {
    graph.add('MatMul', operands, null, [output]);
    return;
  }
  const product = graph.add('MatMul', operands);
  graph.add('Mul', [product, graph.float((alpha as { f: number }).f)], null, [output]);
};

/** x/2 · (1 + erf(x/√2)) (D. Hendrycks and K. Gimpel, 2016) */
function gelu(graph: OnnxGraph, x: string, output: string): void {
  const erf = graph.add('Erf', [graph.add('Div', [x, graph.float(Math.SQRT2)])]);
  gate(graph, x, erf, output);
}

/** x/2 · (1 + s) */
function gate(graph: OnnxGraph, x: string, s: string, output: string): void {
  const open = graph.add('Mul', [x, graph.add('Add', [s, graph.float(1)])]);
  graph.add('Mul', [open, graph.float(0.5)], null, [output]);
}

/** Gelu with tanh(√(2/π) · (x + 0.044715·x³)) in place of erf, from the same paper. */
function tanhGelu(graph: OnnxGraph, x: string, output: string): void {
  const cube = graph.add('Mul', [graph.add('Mul', [x, x]), x]);
  const inner = graph.add('Add', [x, graph.add('Mul', [cube, graph.float(0.044715)])]);
  const scaled = graph.add('Mul', [inner, graph.float(Math.sqrt(2 / Math.PI))]);
  gate(graph, x, graph.add('Tanh', [scaled]), output);
}

/** The activation of x, or of x + bias if there is a bias. */
const biased =
  (activation: typeof gelu): Lowering =>
  (graph, _, [x, bias], output) => {
    const sum = bias === undefined ? (x as string) : graph.add('Add', [x as string, bias]);
    activation(graph, sum, output);
  };

/** The lowering of every operator of ONNX Runtime's own domain that the engine uses. */
export const LOWERINGS: Readonly<Record<string, Lowering>> = {
  FusedMatMul: fusedMatMul,
  Gelu: biased(gelu),
  BiasGelu: biased(gelu),
  FastGelu: biased(tanhGelu),
};
