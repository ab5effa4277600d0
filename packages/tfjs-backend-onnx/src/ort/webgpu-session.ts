import type { Node } from '../graph/node';
import type { Plan } from '../graph/plan';
import { sameShape, sizeOf } from '../graph/types';
import { countOutputs, operatorName } from './model';

/**
 * Session options with which the plan gives the same results on WebGPU as on the CPU: operators
 * with wrong WebGPU kernels are forced to the CPU. Operators without a WebGPU kernel run on the CPU
 * anyway.
 */
export function webgpuOptions(plan: Plan): Readonly<Record<string, unknown>> {
  const outputs = countOutputs(plan);
  const names = plan.nodes
    .filter((node) => fails(node, outputs.get(node) ?? 1))
    .map((node) => operatorName(plan, node));
  // The binding refuses an empty list.
  const forced = names.length === 0 ? {} : { forceCpuNodeNames: names };
  return {
    executionProviders: [{ name: 'webgpu', ...forced }],
    preferredOutputLocation: 'gpu-buffer',
  };
}

/** Whether ONNX Runtime 1.30 would run the operator on WebGPU although its kernel is incomplete. */
function fails(node: Node, outputs: number): boolean {
  switch (node.op) {
    case 'MaxPool':
      // The kernel does not compute indices.
      return outputs > 1;
    case 'ConvTranspose':
      // Every group except the first is wrong, and three dimensions are refused.
      return (node.attributes?.['group'] ?? 1) !== 1 || node.shape.length > 4;
    case 'Conv':
      return isTakenForProduct(node);
    default:
      return false;
  }
}

/**
 * Whether the convolution runs as one matrix product, because the filter is 1 × 1 or as large as
 * the image. The kernel then ignores padding at the end if there is none at the beginning.
 */
function isTakenForProduct({ inputs, attributes }: Node): boolean {
  const [image = [], filter = []] = inputs.map((input) => input.shape.slice(2));
  const pads = attributes?.['pads'] as readonly number[] | undefined;
  const isPadded = pads?.some((pad, i) => pad > 0 && i >= image.length) ?? false;
  return isPadded && (sizeOf(filter) === 1 || sameShape(image, filter));
}
