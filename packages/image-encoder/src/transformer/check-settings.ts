import { ConfigError, lookUp, requireInteger, requireRange } from '@crossweave/core';
import { activations } from '@crossweave/core/nn';
import { heightAndWidth, type ImageSize } from '../image-size';
import type { TransformerSettings } from './names';

/** @throws ConfigError for a setting out of range, or sizes that do not fit one another. */
export function checkSettings(where: string, settings: TransformerSettings): void {
  const { dim, heads, patchSize, imageSize, positionSize } = settings;
  for (const name of ['patchSize', 'dim', 'layers', 'heads', 'hidden'] as const) {
    requireInteger(where, name, settings[name]);
  }
  for (const name of ['dropout', 'dropPath', 'patchDropout'] as const) {
    requireRange(where, name, settings[name], 0, 0.999);
  }
  requireRange(where, 'epsilon', settings.epsilon, 0, 1);
  lookUp(`${where}: "activation"`, activations, settings.activation);
  lookUp(`${where}: "pooling"`, { class: true, mean: true }, settings.pooling);
  if (dim % heads !== 0) {
    throw new ConfigError('"heads" must divide "dim"', {
      where,
      expected: `a divisor of ${dim}`,
      got: heads,
    });
  }
  if (imageSize !== 'any') requirePatches(where, 'imageSize', imageSize, patchSize);
  requirePatches(where, 'positionSize', positionSize, patchSize);
}

function requirePatches(where: string, name: string, size: ImageSize, patchSize: number): void {
  if (heightAndWidth(where, size).some((side) => side % patchSize !== 0)) {
    throw new ConfigError(`"${name}" is no multiple of "patchSize"`, {
      where,
      expected: `multiples of ${patchSize}`,
      got: size,
    });
  }
}
