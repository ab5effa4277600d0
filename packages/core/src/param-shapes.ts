import { tidy } from '@tensorflow/tfjs-core';
import { noDraws, type Key } from './keys';
import type { Params } from './params';

/** Shapes by state-dict path. */
export type ParamShapes = Readonly<Record<string, readonly number[]>>;

export function shapesOf(params: Params): ParamShapes {
  return Object.fromEntries(Object.entries(params).map(([path, { shape }]) => [path, shape]));
}

/**
 * The shapes of a module's initial parameters, without the cost of drawing the values:
 * `initialShapes(encoder)`. An initialiser that does not draw from its key costs as much as usual.
 */
export function initialShapes(module: { init(key: Key): Params }): ParamShapes {
  let shapes: ParamShapes = {};
  tidy(() => {
    shapes = shapesOf(module.init(noDraws));
  });
  return shapes;
}
