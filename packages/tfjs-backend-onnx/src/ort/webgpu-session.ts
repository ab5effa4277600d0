import type { Node } from '../graph/node';
import type { Plan } from '../graph/plan';
import { sameShape, sizeOf } from '../graph/types';
import { countOutputs, operatorName } from './model';

/**
 * Session options under which every operator of the plan computes on WebGPU what it computes on
 * the CPU. Operators without a WebGPU kernel go to the CPU by themselves.
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

/** Operators that ONNX Runtime 1.30 takes to WebGPU although its kernel there is not complete. */
function fails(node: Node, outputs: number): boolean {
  switch (node.op) {
    case 'MaxPool':
      // It refuses to compute the indices.
      return outputs > 1;
    case 'ConvTranspose':
      // Every group but the first comes out wrong; three dimensions are refused.
      return (node.attributes?.['group'] ?? 1) !== 1 || node.shape.length > 4;
    case 'Conv':
      return isTakenForProduct(node);
    default:
      return false;
  }
}

/**
 * A filter of one pixel, or as large as the image, is computed as one matrix product, without the
 * padding behind the image if there is none before it.
 */
function isTakenForProduct({ inputs, attributes }: Node): boolean {
  const [image = [], filter = []] = inputs.map((input) => input.shape.slice(2));
  const pads = attributes?.['pads'] as readonly number[] | undefined;
  const isPadded = pads?.some((pad, i) => pad > 0 && i >= image.length) ?? false;
  return isPadded && (sizeOf(filter) === 1 || sameShape(image, filter));
}
