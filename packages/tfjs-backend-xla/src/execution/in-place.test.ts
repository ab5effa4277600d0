import { Node, leaf, makePlan } from '@crossweave/tfjs-backend-onnx/graph';
import { describe, expect, it } from 'vitest';
import { named } from '../../../tfjs-backend-onnx/test/left-out';
import { withoutPlugin } from '../../test/plugin';
import { lowerPlan } from '../lowering/lower-plan';
import { Client } from '../pjrt/client';
import { Plugin } from '../pjrt/plugin';
import { findPlugin } from '../plugins/find-plugin';

const reason = withoutPlugin();
const [B, D] = [8, 256];
const BYTES = 4 * D * D;

/** Momentum: m' = 0.9 m + g, w' = w − 0.1 m', with g = xᵀ x. */
function momentum() {
  const [x, w, m] = [leaf([B, D], 'float32'), leaf([D, D], 'float32'), leaf([D, D], 'float32')];
  const number = (f: number): Node => new Node('@const', [], [], 'float32', { value: { f } });
  const [decay, rate] = [number(0.9), number(0.1)];
  const op = (name: string, ...inputs: Node[]): Node => new Node(name, inputs, [D, D], 'float32');
  const g = new Node('FusedMatMul', [x, x], [D, D], 'float32', { transA: 1 });
  const kept = op('Mul', m, decay);
  const moment = op('Add', kept, g);
  const change = op('Mul', moment, rate);
  const next = op('Sub', w, change);
  return makePlan([decay, rate, g, kept, moment, change, next], [next, moment]);
}

describe.skipIf(reason !== null)(named('a new state over the old one', reason), () => {
  it('is computed without a copy of the old one, since both have the same shape', () => {
    const client = Client.open(Plugin.load(findPlugin('cpu')), { cpu_device_count: 1 });
    const [lists, shaped] = [false, true].map((isShaped) => {
      const { text, isDonor } = lowerPlan(momentum(), [null, null, null], { isShaped });
      expect(isDonor.filter(Boolean)).toHaveLength(2);
      const program = client.compile(text);
      const { between } = program.memory;
      program.destroy();
      return between;
    }) as [number, number];
    client.destroy();
    // The gradient alone; as lists the old moment is copied too.
    expect(shaped).toBeLessThan(1.5 * BYTES);
    expect(lists).toBeGreaterThan(1.5 * BYTES);
  });
});
