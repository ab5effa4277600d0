import type { Plan } from '@crossweave/tfjs-backend-onnx/graph';

/**
 * Whether a plan exchanges axes 1 and 2 of equal size, as attention over as many tokens as heads
 * does. The pass of OpenVINO 2026.4 that fuses attention (snippets) then computes other numbers.
 */
export function exchangesEqualAxes({ nodes }: Plan): boolean {
  return nodes.some(({ op, inputs: [x], attributes }) => {
    if (op !== 'Transpose' || x?.shape.length !== 4) return false;
    const perm = attributes?.['perm'] as readonly number[];
    const [, tokens, heads] = x.shape;
    return perm[0] === 0 && perm[1] === 2 && tokens === heads && tokens !== 1;
  });
}
