import { Node, leaf, makePlan } from '@crossweave/tfjs-backend-onnx/graph';
import { expect, it } from 'vitest';
import { copyReadOutputs } from './read-outputs';

const S = [4, 4];
const op = (name: string, ...inputs: Node[]): Node => new Node(name, inputs, S, 'float32');
const [m, g, w, root] = [0, 1, 2, 3].map(() => leaf(S, 'float32')) as [Node, Node, Node, Node];

it('gives the reader of a moment a value of its own, and keeps the order of leaves and nodes', () => {
  const moment = op('Add', m, g);
  const share = op('Div', moment, root);
  const next = op('Sub', w, share);
  const plan = makePlan([moment, share, next], [moment, next]);
  const { nodes, leaves, outputs, places } = copyReadOutputs(plan);
  expect(nodes.map((node) => node.op)).toEqual(['Add', 'Max', 'Div', 'Sub']);
  expect(nodes[1]!.inputs).toEqual([moment, moment]);
  expect(nodes[2]!.inputs).toEqual([nodes[1], root]);
  expect(outputs).toEqual([moment, nodes[3]]);
  expect(leaves).toBe(plan.leaves);
  for (const [i, node] of nodes.entries()) expect(places.get(node)).toBe(i);
  for (const [i, node] of leaves.entries()) expect(places.get(node)).toBe(-1 - i);
});

it('leaves a plan as it is whose outputs nobody reads with a second operand of the shape', () => {
  const moment = op('Mul', m, m);
  const square = op('Sqrt', moment);
  const scaled = op('Mul', square, leaf([], 'float32'));
  const plan = makePlan([moment, square, scaled], [moment, scaled]);
  expect(copyReadOutputs(plan)).toBe(plan);
});
