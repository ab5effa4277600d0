import { expect, it } from 'vitest';
import { Node, leaf } from './node';
import { makePlan, sameKey } from './plan';
import { replaceInput } from './replace-input';

const op = (name: string, ...inputs: Node[]): Node => new Node(name, inputs, [2], 'float32');
const input = (): Node => leaf([2], 'float32');

it('plans only what is needed', () => {
  const x = input();
  const used = op('Exp', x);
  const unused = op('Log', x);
  const wanted = op('Add', used, x);
  const plan = makePlan([used, unused, wanted], [wanted]);
  expect(plan.nodes).toEqual([used, wanted]);
  expect(plan.leaves).toEqual([x]);
});

it('has equal keys for equal structures, and others for other wiring, types or outputs', () => {
  const build = (swap: boolean, all: boolean): Int32Array => {
    const [x, y] = [input(), input()];
    const first = op('Exp', x);
    const second = swap ? op('Sub', y, first) : op('Sub', first, y);
    return makePlan([first, second], all ? [first, second] : [second]).key;
  };
  expect(sameKey(build(false, false), build(false, false))).toBe(true);
  expect(sameKey(build(false, false), build(true, false))).toBe(false);
  expect(sameKey(build(false, false), build(false, true))).toBe(false);
});

it('numbers operators from 0 on and leaves from -1 on', () => {
  const [x, y] = [input(), input()];
  const sum = op('Add', x, y);
  const next = op('Mul', sum, x);
  const { places } = makePlan([sum, next], [next]);
  expect([x, y, sum, next].map((node) => places.get(node))).toEqual([-1, -2, 0, 1]);
});

it('refuses an operator whose operand is not pending', () => {
  const next = op('Exp', op('Neg', input()));
  expect(() => makePlan([next], [next])).toThrow(/Neg comes before/);
});

it('tells constants of the structure apart by their bits', () => {
  const number = (value: number): Node =>
    new Node('@const', [], [], 'float32', { value: { f: value } });
  expect(number(1).signature).toBe(number(1).signature);
  expect(number(0).signature).not.toBe(number(-0).signature);
  expect(number(NaN).signature).toBe(number(NaN).signature);
});

it('puts a leaf in the place of an operator, but not of its further outputs', () => {
  const x = input();
  const best = op('TopK', x);
  const places = new Node('@out', [best], [2], 'int64', { index: 1 });
  const doubled = op('Add', best, best);
  const both = op('Mul', doubled, x);
  const known = input();
  const { operators, moved } = replaceInput([best, places, doubled, both], best, known);
  expect(operators.slice(0, 2)).toEqual([best, places]);
  expect(operators[2]?.inputs).toEqual([known, known]);
  expect(operators[3]?.inputs).toEqual([operators[2], x]);
  expect([...moved.keys()]).toEqual([doubled, both]);
});
