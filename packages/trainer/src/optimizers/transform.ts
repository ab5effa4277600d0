import { add, mul, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import type { OptimizerState, Params, StepClock } from '@crossweave/core';

/**
 * What a parameter is to move against: scale · value + decay · parameter. The three stay apart as
 * long as possible, since a scalar that meets another scalar costs nothing, and one that meets a
 * tensor costs a pass over it.
 */
export interface Direction {
  /** Of the parameter's shape. */
  readonly value: Tensor;
  /** Multiplies `value`. */
  readonly scale: Scalar | number;
  /** Multiplies the parameter. */
  readonly decay: Scalar | number;
}

/** Directions by parameter path. */
export type Directions = Readonly<Record<string, Direction>>;

/**
 * What a part knows of the step. A value that depends on the step's number is made by
 * `hostValue(ctx)`, so that one compiled step serves all steps.
 */
export interface TransformContext extends StepClock {
  /** Steps of the run done before this one. A part that reads it is not compiled. */
  readonly step: number;
  /** Parameters by path, before the step. */
  readonly params: Params;
  /** Global 2-norm of the gradients as they came. */
  readonly gradientNorm: Scalar;
}

export interface Transformed {
  readonly directions: Directions;
  /** The entries of the state that changed; absent: none. */
  readonly state?: OptimizerState;
}

/**
 * One part of an optimizer: makes directions of directions. The first part of a chain gets the
 * gradients (scale 1, decay 0), and what the last one gives is subtracted from the parameters. A part
 * is pure, works inside of a `tidy`, and remembers only what is in its state.
 */
export interface GradientTransform {
  readonly name: string;
  /**
   * The state for parameters that are trained. An entry about a parameter is called `<what>.<path>`;
   * an entry about all of them has no path in its name. Absent: the part has no state.
   *
   * @throws ConfigError when the part does not suit these parameters.
   */
  readonly init?: (params: Params) => OptimizerState;
  /** `directions` may lack paths (parameters that are frozen); `state` is what the part made itself. */
  readonly apply: (
    directions: Directions,
    state: OptimizerState,
    ctx: TransformContext,
  ) => Transformed;
  /** Learning rate by group of parameters, of a part that sets rates. */
  readonly learningRates?: (step: number) => Readonly<Record<string, number>>;
}

/** A direction as one tensor. */
export function resolved({ value, scale, decay }: Direction, parameter: Tensor): Tensor {
  const scaled = scale === 1 ? value : mul(value, scale);
  return decay === 0 ? scaled : add(scaled, mul(parameter, decay));
}

/** A direction whose decay is in its value, so that what is left is scale · value. */
export function withoutDecay(direction: Direction, parameter: Tensor): Direction {
  if (direction.decay === 0) return direction;
  return { value: resolved(direction, parameter), scale: 1, decay: 0 };
}

/** The sum of two factors; of two numbers it is a number. */
export function total(a: Scalar | number, b: number): Scalar | number {
  return typeof a === 'number' ? a + b : add<Scalar>(a, b);
}

/** The product of two scales; of two numbers it is a number. */
export function product(a: Scalar | number, b: Scalar | number): Scalar | number {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  if (a === 1) return b;
  return b === 1 ? a : mul<Scalar>(a, b);
}

/**
 * {@link product} by a factor that many directions share: directions of one scale get one product,
 * so that a step has as many scalars as it has groups and not as it has parameters.
 */
export function sharedProduct(
  factor: Scalar | number,
): (scale: Scalar | number) => Scalar | number {
  const known = new Map<Scalar | number, Scalar | number>();
  return (scale) => {
    const found = known.get(scale) ?? product(scale, factor);
    known.set(scale, found);
    return found;
  };
}

/** A function over every direction of a tree. */
export function mapDirections(
  directions: Directions,
  change: (direction: Direction, path: string) => Direction,
): Directions {
  return Object.fromEntries(
    Object.entries(directions).map(([path, each]) => [path, change(each, path)]),
  );
}
