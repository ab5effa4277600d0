import { reshape, scalar, tidy, type Tensor } from '@tensorflow/tfjs-core';
import {
  StateDictError,
  disposeParams,
  keepParams,
  showShape,
  type Params,
} from '@crossweave/core';
import { loadCheckpoint } from '@crossweave/checkpoints/node';
import type { Description } from './families/description';
import type { WeightSource } from './load-tower';
import type { PartConfig } from './types';

/** A dual encoder's part and parameters, both as the checkpoint has them. */
export interface LoadedFusion {
  readonly part: PartConfig;
  readonly params: Params;
}

/**
 * Projections, logit scale and bias. CLIP has no bias: it is 0. A scale beyond 100, at which CLIP's
 * training clamps it, stays what it is: the part then has `clampScale: false`.
 */
export async function loadFusion(
  { path, prefix }: WeightSource,
  { part, keys }: NonNullable<Description['fusion']>,
): Promise<LoadedFusion> {
  const { params: stored } = await loadCheckpoint(path, { prefix, keyMap: keys });
  const projections = part.options['projection'] === 'none' ? [] : ['visual', 'text'];
  const expected = [...projections.map((side) => `${side}_projection.weight`), 'logit_scale'];
  const missing = expected.filter((name) => !Object.hasOwn(stored, name));
  if (missing.length > 0) {
    disposeParams(stored);
    throw new StateDictError(`the checkpoint lacks ${missing.join(', ')}`, {
      where: path,
      difference: { missing, unexpected: [], wrongShape: [] },
    });
  }
  try {
    for (const side of projections) requireWidth(path, `${side}_projection.weight`, stored, part);
    const params = tidy(() => {
      const all: Record<string, Tensor> = { logit_bias: scalar(0) };
      for (const [name, value] of Object.entries(stored)) {
        all[name] = name.startsWith('logit_') ? asScalar(path, name, value) : value.clone();
      }
      return keepParams(all);
    });
    const [scale = 0] = params['logit_scale']!.dataSync();
    const free = scale > Math.log(100) + 1e-4;
    const options = { ...part.options, ...(free && { clampScale: false }) };
    return { part: { name: part.name, options }, params };
  } finally {
    disposeParams(stored);
  }
}

/** @throws StateDictError where a projection is of another width than the config says. */
function requireWidth(where: string, name: string, stored: Params, { options }: PartConfig): void {
  const width = stored[name]!.shape[0];
  if (width === options['dim']) return;
  throw new StateDictError(`"${name}" is not of the width of the config`, {
    where,
    expected: `${String(options['dim'])} rows, as the config has them`,
    got: showShape(stored[name]!.shape),
  });
}

/** SigLIP stores its scale and bias as lists of one. */
function asScalar(where: string, name: string, value: Tensor): Tensor {
  if (value.size === 1) return reshape(value, []);
  throw new StateDictError(`"${name}" is no number`, { where, got: showShape(value.shape) });
}
