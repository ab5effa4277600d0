import type { Constants } from '../execution/program-cache';
import { Node, structuralNumber } from '../graph/node';
import type { Plan } from '../graph/plan';
import type { Rule } from './rule';
import { Sharing } from './sharing';

/**
 * Rewrites a plan with fewer and cheaper operators. Results are equal up to rounding; leaves and
 * outputs keep their places. @param constants for each leaf, its numbers if it is a constant of the
 * compiled graph, else null. @param rules the rewriting rules of the executor.
 */
export function optimise(plan: Plan, constants: Constants, rules: readonly Rule[]): Plan {
  const numbers = new Map<Node, number>();
  plan.leaves.forEach((leaf, i) => {
    const values = constants[i] ?? null;
    if (!(values instanceof Float32Array) || values.length !== 1) return;
    numbers.set(leaf, values[0] as number);
  });
  const shared = rewrite(plan, [], numbers);
  return finish(plan, rewrite(shared, rules, numbers));
}

type Body = Pick<Plan, 'nodes' | 'outputs'>;

/**
 * Rebuilds every node from rewritten inputs. Equal nodes are merged, and rules may replace nodes.
 */
function rewrite(body: Body, applied: readonly Rule[], numbers: ReadonlyMap<Node, number>): Body {
  const uses = countUses(body);
  const rewritten = new Map<Node, Node>();
  const originals = new Map<Node, Node>();
  const workshop = Object.assign(new Sharing(), {
    isUsedOnce: (node: Node): boolean => {
      const original = originals.get(node);
      return original !== undefined && uses.get(original) === 1;
    },
    numberOf: (node: Node | undefined): number | null => {
      if (node === undefined) return null;
      const source = node.op === 'Reshape' ? (node.inputs[0] as Node) : node;
      return numbers.get(source) ?? floatOf(source);
    },
  });
  for (const node of body.nodes) {
    const inputs = node.inputs.map((input) => rewritten.get(input) ?? input);
    const same = workshop.node(
      node.op,
      inputs,
      node.shape,
      node.dtype,
      node.attributes,
      node.integers,
    );
    let result = same;
    for (const rule of applied) result = rule(result, workshop) ?? result;
    rewritten.set(node, result);
    originals.set(result, node);
  }
  const outputs = body.outputs.map((node) => rewritten.get(node) ?? node);
  return { nodes: needed(outputs), outputs };
}

/** The float32 number of a structural constant, else null. */
function floatOf(node: Node): number | null {
  const number = node.dtype === 'float32' ? structuralNumber(node) : null;
  return number === null ? null : Math.fround(number);
}

function countUses({ nodes, outputs }: Body): Map<Node, number> {
  const uses = new Map<Node, number>();
  const count = (node: Node): unknown => uses.set(node, (uses.get(node) ?? 0) + 1);
  for (const node of nodes) node.inputs.forEach(count);
  outputs.forEach(count);
  return uses;
}

/** The operators that the outputs need, each after its inputs. */
function needed(outputs: readonly Node[]): Node[] {
  const order: Node[] = [];
  const entered = new Set<Node>();
  const stack: { node: Node; next: number }[] = [];
  const enter = (node: Node): void => {
    if (node.isLeaf || entered.has(node)) return;
    entered.add(node);
    stack.push({ node, next: 0 });
  };
  for (const output of outputs) {
    enter(output);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const input = top.node.inputs[top.next++];
      if (input !== undefined) enter(input);
      else order.push((stack.pop() as { node: Node }).node);
    }
  }
  return order;
}

/**
 * Gives outputs that were merged, or became a leaf, separate nodes again, and numbers all nodes.
 */
function finish(plan: Plan, { nodes, outputs }: Body): Plan {
  const taken = new Set<Node>();
  const all = [...nodes];
  const distinct = outputs.map((node) => {
    let own = node;
    if (node.isLeaf || taken.has(node)) {
      own = new Node('Identity', [node], node.shape, node.dtype);
      all.push(own);
    }
    taken.add(own);
    return own;
  });
  const places = new Map<Node, number>();
  plan.leaves.forEach((leaf, i) => places.set(leaf, -1 - i));
  all.forEach((node, i) => places.set(node, i));
  return { ...plan, nodes: all, outputs: distinct, places };
}
