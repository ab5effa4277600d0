import type { Plan } from '@crossweave/tfjs-backend-onnx/graph';
import { Node } from '@crossweave/tfjs-backend-onnx/graph';

/** Operators at which OpenVINO begins bf16: what leads to an output without one of them is float32. */
const PRODUCTS: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul']);
/** Operators between the square root of a statistic and the division by it. */
const BESIDE_ROOT: ReadonlySet<string> = new Set(['Add', 'Expand', 'Max', 'Reciprocal', 'Reshape']);

/**
 * Adds an output to a plan that is computed in bf16, so that norms are float32 throughout. With its
 * hint for bf16 OpenVINO keeps float32 only on paths without a product to an output. A norm in front
 * of products, as in pre-norm transformers, would read a sum that is rounded to 8 bits, and its mean
 * and variance would be those of rounded numbers. One element of each such norm is an output more.
 *
 * @returns the plan itself if all norms are float32 already; else one output more, float32 [norms].
 */
export function keepNormsFloat32(plan: Plan): Plan {
  const float32 = reachWithoutProducts(plan);
  const readers = readersOf(plan);
  const norms = plan.nodes
    .filter((node) => isNorm(node) && !float32.has(node))
    .map((node) => lastOf(node, readers));
  if (norms.length === 0) return plan;
  const made: Node[] = [];
  const elements = norms.map((norm) => firstElement(norm, made));
  const probe = new Node('Concat', elements, [elements.length], 'float32', { axis: 0 });
  const nodes = [...plan.nodes, ...made, probe];
  const places = new Map(plan.places);
  nodes.forEach((node, i) => places.set(node, i));
  return { ...plan, nodes, outputs: [...plan.outputs, probe], places };
}

/** The nodes from which an output can be reached without passing a product. */
function reachWithoutProducts({ outputs }: Plan): ReadonlySet<Node> {
  const reached = new Set<Node>();
  const stack = [...outputs];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (reached.has(node) || PRODUCTS.has(node.op)) continue;
    reached.add(node);
    stack.push(...node.inputs);
  }
  return reached;
}

function readersOf({ nodes }: Plan): ReadonlyMap<Node, readonly Node[]> {
  const readers = new Map<Node, Node[]>();
  for (const node of nodes) {
    for (const input of node.inputs) {
      const known = readers.get(input);
      if (known === undefined) readers.set(input, [node]);
      else known.push(node);
    }
  }
  return readers;
}

/** Whether a node divides numbers by the root of a statistic, which has fewer elements. */
function isNorm({ op, inputs, size, dtype }: Node): boolean {
  if (dtype !== 'float32' || (op !== 'Mul' && op !== 'Div')) return false;
  const divisors = op === 'Mul' ? inputs : inputs.slice(1);
  return divisors.some((divisor) => divisor.size < size && isRoot(divisor));
}

/** Whether a node is a square root, up to a small constant, an inverse and its shape. */
function isRoot(node: Node): boolean {
  if (node.op === 'Sqrt') return true;
  return BESIDE_ROOT.has(node.op) && node.inputs.some(isRoot);
}

/** The end of a norm: behind the weight and the bias, which are leaves. */
function lastOf(norm: Node, readers: ReadonlyMap<Node, readonly Node[]>): Node {
  const [next, ...others] = readers.get(norm) ?? [];
  if (next === undefined || others.length > 0 || next.size !== norm.size) return norm;
  const isAffine = ['Add', 'Mul'].includes(next.op) && next.inputs.some(({ isLeaf }) => isLeaf);
  return isAffine ? lastOf(next, readers) : norm;
}

/** [1], the first element of a node. */
function firstElement(node: Node, made: Node[]): Node {
  const { shape, dtype } = node;
  const all = (value: number): number[] => shape.map(() => value);
  const bounds = [all(0), all(1), shape.map((_, axis) => axis)];
  const corner = new Node('Slice', [node], all(1), dtype, null, bounds);
  const element = new Node('Reshape', [corner], [1], dtype, null, [[1]]);
  made.push(corner, element);
  return element;
}
