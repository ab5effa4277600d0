import { tidy } from '@tensorflow/tfjs-core';
import { noDraws, type Key } from './keys';
import type { Params } from './params';

/** Shapes by state-dict path. */
export type ParamShapes = Readonly<Record<string, readonly number[]>>;

export function shapesOf(params: Params): ParamShapes {
  return Object.fromEntries(Object.entries(params).map(([path, { shape }]) => [path, shape]));
}

/**
 * The shapes of the parameters a module starts with, without the cost of drawing them:
 * `initialShapes(encoder)`. Initialisers that draw from anything but their key pay in full.
 */
export function initialShapes(module: { init(key: Key): Params }): ParamShapes {
  let shapes: ParamShapes = {};
  tidy(() => {
    shapes = shapesOf(module.init(noDraws));
  });
  return shapes;
}
