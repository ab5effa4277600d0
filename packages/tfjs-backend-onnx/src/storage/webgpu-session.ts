import { operatorName } from '../graph/model';
import type { Node } from '../graph/node';
import type { Plan } from '../graph/plan';

/**
 * Session options under which every operator of the plan computes on WebGPU what it computes on
 * the CPU. Operators without a WebGPU kernel go to the CPU by themselves.
 */
export function webgpuOptions(plan: Plan): Readonly<Record<string, unknown>> {
  const names = plan.nodes.filter(fails).map(operatorName);
  // The binding refuses an empty list.
  const forced = names.length === 0 ? {} : { forceCpuNodeNames: names };
  return {
    executionProviders: [{ name: 'webgpu', ...forced }],
    preferredOutputLocation: 'gpu-buffer',
  };
}

/** Operators that ONNX Runtime 1.30 takes to WebGPU although its kernel there is not complete. */
function fails({ op, outputs, attributes }: Node): boolean {
  // It refuses to compute the indices.
  if (op === 'MaxPool') return outputs > 1;
  // Every group but the first comes out wrong.
  if (op === 'ConvTranspose') return (attributes?.['group'] ?? 1) !== 1;
  return false;
}
