import { expect, it } from 'vitest';
import { findInPlace } from './in-place';
import { Node, leaf } from '../graph/node';
import { makePlan } from '../graph/plan';

const op = (name: string, ...inputs: Node[]): Node => new Node(name, inputs, [4], 'float32');
const input = (): Node => leaf([4], 'float32');

/** For each output, the leaves (by name) whose memory it may take. */
function choices(pending: Node[], outputs: Node[], names: Map<Node, string>): string[] {
  const plan = makePlan(pending, outputs);
  const found = new Map(
    findInPlace(
      plan,
      plan.leaves.map(() => null),
    ).map(({ output, leaves }) => [output, leaves]),
  );
  return outputs.map((_, i) =>
    (found.get(i) ?? []).map((j) => names.get(plan.leaves[j] as Node)).join(),
  );
}

it('lets an update of momentum and parameter take the place of the old ones', () => {
  const [p, m, g] = [input(), input(), input()];
  const decayed = op('Neg', m);
  const momentum = op('Add', decayed, g);
  const next = op('Sub', p, momentum);
  const names = new Map([[p, 'p'] as const, [m, 'm'] as const, [g, 'g'] as const]);
  const found = choices([decayed, momentum, next], [momentum, next], names);
  expect(found).toEqual(['m,g', 'm,g,p']);
});

it('spares a leaf that somebody else may still read', () => {
  const [p, m] = [input(), input()];
  const next = op('Sub', p, m);
  const late = op('Exp', p);
  const names = new Map([[p, 'p'] as const, [m, 'm'] as const]);
  expect(choices([next, late], [next, late], names)).toEqual(['m', '']);
});

it('spares a leaf whose other reader sees it through a view', () => {
  const [p, m] = [input(), input()];
  const view = op('Reshape', p);
  const next = op('Sub', view, m);
  const late = op('Exp', view);
  const names = new Map([[p, 'p'] as const, [m, 'm'] as const]);
  expect(choices([view, next, late], [next, late], names)).toEqual(['m', '']);
});

it('spares a leaf of an operator that reads more than one element for one it writes', () => {
  const p = input();
  const sums = op('CumSum', p);
  expect(choices([sums], [sums], new Map([[p, 'p']]))).toEqual(['']);
});

it('asks for the same type and number of elements', () => {
  const p = leaf([4], 'int32');
  const wide = new Node('Cast', [p], [4], 'float32', { to: 1 });
  const next = op('Neg', wide);
  expect(choices([wide, next], [next], new Map([[p, 'p']]))).toEqual(['']);
});

it.each([
  ['a copy', (x: Node) => op('Identity', x)],
  ['a reshape', (x: Node) => op('Reshape', x)],
  ['a product with 1', (x: Node) => op('Mul', x, number(1))],
  ['a sum with 0', (x: Node) => op('Add', number(0), op('Identity', x))],
])('sees through %s to the operator that writes', (_, behind) => {
  const [p, q] = [input(), input()];
  const names = new Map([[p, 'p'] as const, [q, 'q'] as const]);
  const sums = op('CumSum', p);
  const sumsOut = behind(sums);
  const turned = op('Neg', q);
  const turnedOut = behind(turned);
  const pending = [sums, ...chain(sumsOut, sums), turned, ...chain(turnedOut, turned)];
  expect(choices(pending, [sumsOut, turnedOut], names)).toEqual(['', 'q']);
});

it('knows a factor that changes something for an operator of its own', () => {
  const p = input();
  const sums = op('CumSum', p);
  const half = number(0.5);
  const scaled = op('Mul', sums, half);
  expect(choices([sums, half, scaled], [scaled], new Map([[p, 'p']]))).toEqual(['p']);
});

function number(value: number): Node {
  return new Node('@const', [], [], 'float32', { value: { f: value } });
}

/** The operators from `node` back to `end`, which is left out, in order. */
function chain(node: Node, end: Node): Node[] {
  if (node === end) return [];
  return [...node.inputs.flatMap((source) => chain(source, end)), node];
}
