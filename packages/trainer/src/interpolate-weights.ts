import { add, mul, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { StateDictError, mapParams, type Params } from '@crossweave/core';
import { requireNumber } from '@crossweave/core/authoring';

/**
 * Weights between those before and after fine-tuning, which keep more of what the model knew before:
 * (1 − share)·before + share·after, tensor by tensor, as in WiSE-FT (Wortsman et al. 2022). Running
 * statistics are treated alike. Choose the share on validation splits, one of the new data and one of the old.
 *
 * Both are of one architecture; adapters are merged before ({@link mergeLora}).
 *
 * @param share Of `after`, between 0 and 1.
 * @returns new tensors, the caller's to dispose.
 * @throws ConfigError for another share; StateDictError where paths or shapes differ.
 */
export function interpolateWeights(before: Params, after: Params, share: number): Params {
  const where = 'interpolateWeights';
  requireNumber(where, 'share', share, { min: 0, max: 1 });
  requireAlike(where, before, after);
  return tidy(
    () =>
      mapParams(after, (to, path): Tensor => {
        // Counters have nothing between them, and at the ends every bit is kept.
        if (share === 1 || to.dtype !== 'float32') return to.clone();
        const from = before[path]!;
        return share === 0 ? from.clone() : add(mul(from, 1 - share), mul(to, share));
      }) as Record<string, Tensor>,
  );
}

function requireAlike(where: string, before: Params, after: Params): void {
  const missing = Object.keys(before).filter((path) => !Object.hasOwn(after, path));
  const unexpected = Object.keys(after).filter((path) => !Object.hasOwn(before, path));
  const wrongShape = Object.entries(after)
    .filter(([path, { shape }]) => String(before[path]?.shape ?? shape) !== String(shape))
    .map(([path, { shape }]) => ({ path, expected: before[path]!.shape, got: shape }));
  const [path] = [...missing, ...unexpected, ...wrongShape.map((each) => each.path)];
  if (path === undefined) return;
  const shapeIn = (params: Params): unknown => params[path]?.shape ?? 'no such path';
  throw new StateDictError('the weights before and after are not of one model', {
    where: `${where}: ${path}`,
    expected: shapeIn(before),
    got: shapeIn(after),
    advice: 'Load both as the same model, with adapters merged.',
    difference: { missing, unexpected, wrongShape },
  });
}
