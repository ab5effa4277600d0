import { expect, it } from 'vitest';
import { Node, leaf } from '../graph/node';
import { makePlan } from '../graph/plan';
import { webgpuOptions } from './webgpu-session';

const x = leaf([1, 2, 4, 4], 'float32');
const w = leaf([2, 1, 3, 3], 'float32');
const node = (op: string, inputs: Node[], attributes: Node['attributes']): Node =>
  new Node(op, inputs, [1, 2, 4, 4], 'float32', attributes);

it('keeps operators from WebGPU whose kernel there is not complete', () => {
  const window = { kernel_shape: [1, 1] };
  const pooled = node('MaxPool', [x], window);
  const nodes = [
    node('MaxPool', [x], window),
    pooled,
    node('@out', [pooled], { index: 1 }),
    node('ConvTranspose', [x, w], { group: 2 }),
    node('ConvTranspose', [x, w], { group: 1 }),
    node('Conv', [x, w], { group: 2 }),
    node('Conv', [x, x], { pads: [0, 0, 3, 3] }),
    node('Conv', [x, x], { pads: [0, 0, 0, 0] }),
  ];
  expect(webgpuOptions(makePlan(nodes, nodes))).toEqual({
    executionProviders: [
      { name: 'webgpu', forceCpuNodeNames: ['1_MaxPool', '3_ConvTranspose', '6_Conv'] },
    ],
    preferredOutputLocation: 'gpu-buffer',
  });
});

it('names none where there is none: the binding refuses an empty list', () => {
  const nodes = [node('Exp', [x], null)];
  expect(webgpuOptions(makePlan(nodes, nodes))).toEqual({
    executionProviders: [{ name: 'webgpu' }],
    preferredOutputLocation: 'gpu-buffer',
  });
});
