import { tensor, type Rank, type Scalar, type ShapeMap, type Tensor } from '@tensorflow/tfjs-core';
import { CrossweaveError } from './errors';

const mark = Symbol.for('crossweave.stand-in');

/** Types of tensors that are made of JavaScript values. */
export type HostType = 'float32' | 'int32' | 'bool';

/** The numbers of such a tensor: 32-bit floats, 32-bit integers, or bytes of 0 and 1. */
export type HostNumbers = Float32Array | Int32Array | Uint8Array;

/**
 * What a compiled step must do again for every later step. A trainer that compiles steps calls the
 * model once with stand-ins in the place of the batch, the random key and the number of the step;
 * they carry a recorder.
 */
export interface StepRecorder {
  /** A tensor whose numbers are made anew for each step. */
  tensor(make: (step: unknown) => HostNumbers, shape: readonly number[], dtype: HostType): Tensor;
  /** A choice on which the graph depends: a step that chooses differently has another graph. */
  choice<T extends string | number | boolean>(choose: (step: unknown) => T): T;
}

/** What a stand-in stands for. */
export interface StandIn<Source> {
  readonly recorder: StepRecorder;
  /** What is at its place in a step. */
  readonly at: (step: unknown) => Source;
}

/** Marks `source` as a stand-in. The fields that vary should be {@link unreadable}. */
export function asStandIn<Source extends object>(source: Source, standIn: StandIn<Source>): Source {
  return Object.defineProperty(source, mark, { value: standIn, enumerable: true });
}

/** What a source stands for; undefined for everything that is itself. */
export function standInOf<Source extends object>(source: Source): StandIn<Source> | undefined {
  return (source as { readonly [mark]?: StandIn<Source> })[mark];
}

/**
 * A value of JavaScript that differs from step to step, on its way into tensors: identities of a
 * batch, random numbers, a scheduled rate. Code that makes tensors of such values through this
 * interface can be compiled ({@link hostValue}); code that reads the values itself cannot.
 */
export interface HostValue<T> {
  /** Another value made of this one; `make` must depend on nothing else that varies. */
  map<U>(make: (value: T) => U): HostValue<U>;
  /**
   * A tensor of numbers made of the value. An array of the type's own class is not copied.
   *
   * @param dtype default float32. `bool` is for zeros and ones: a byte each, so that a large mask
   *   takes a quarter of the memory until the graph casts it.
   */
  tensor<R extends Rank>(
    make: (value: T) => ArrayLike<number>,
    shape: ShapeMap[R],
    dtype?: HostType,
  ): Tensor<R>;
  /** A scalar made of the value. */
  scalar(make: (value: T) => number): Scalar;
  /**
   * A choice on which the structure of the graph depends. Keep the number of different results
   * small: a compiled step exists once for each.
   */
  choose<U extends string | number | boolean>(make: (value: T) => U): U;
}

/**
 * A batch, a key, or a context (of which only `step` is read) as a {@link HostValue}.
 *
 * ```ts
 * const weights = hostValue(batch).tensor((b) => b.groups.map(weightOf), [batch.size]);
 * ```
 */
export function hostValue<Source extends object>(source: Source): HostValue<Source> {
  const standIn = standInOf(source);
  return standIn === undefined
    ? new Computed(undefined, () => source)
    : new Computed(standIn.recorder, standIn.at);
}

/** Several values as one. All come from the same step. */
export function hostValues<T>(values: readonly HostValue<T>[]): HostValue<readonly T[]> {
  // There is no other implementation than Computed.
  const all = values as unknown as readonly Pick<Computed<T>, 'recorder' | 'at'>[];
  const recorder = all.find((value) => value.recorder !== undefined)?.recorder;
  return new Computed(recorder, (step) => all.map(({ at }) => at(step)));
}

class Computed<T> implements HostValue<T> {
  readonly at: (step: unknown) => T;

  /** @param recorder of the step that is compiled; undefined if the value is known. */
  constructor(
    readonly recorder: StepRecorder | undefined,
    at: (step: unknown) => T,
  ) {
    this.at = latest(at);
  }

  map<U>(make: (value: T) => U): HostValue<U> {
    return new Computed(this.recorder, (step) => make(this.at(step)));
  }

  tensor<R extends Rank>(
    make: (value: T) => ArrayLike<number>,
    shape: ShapeMap[R],
    dtype: HostType = 'float32',
  ): Tensor<R> {
    const numbers = (step: unknown): HostNumbers => arrayOf(make(this.at(step)), dtype);
    return this.recorder === undefined
      ? tensor(numbers(undefined), shape, dtype)
      : (this.recorder.tensor(numbers, shape, dtype) as Tensor<R>);
  }

  scalar(make: (value: T) => number): Scalar {
    return this.tensor<Rank.R0>((value) => [make(value)], []);
  }

  choose<U extends string | number | boolean>(make: (value: T) => U): U {
    const chosen = (step: unknown): U => make(this.at(step));
    return this.recorder === undefined ? chosen(undefined) : this.recorder.choice(chosen);
  }
}

/** Remembers the result for the latest step, since several tensors are often made of one value. */
function latest<T>(at: (step: unknown) => T): (step: unknown) => T {
  let known: { readonly step: unknown; readonly value: T } | undefined;
  return (step) => {
    if (known === undefined || known.step !== step) known = { step, value: at(step) };
    return known.value;
  };
}

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

function arrayOf(values: ArrayLike<number>, dtype: HostType): HostNumbers {
  const own = arrays[dtype];
  return values instanceof own ? values : own.from(values);
}

/** A value that varies was read while a step is compiled: the step has to run operation by operation. */
export class HostReadError extends CrossweaveError {
  override readonly name: string = 'HostReadError';

  constructor(what: string) {
    super('host-read', `${what} was read while the training step is compiled`, {
      advice: 'Make tensors of it by hostValue(…), so that each step has its own values.',
    });
  }
}

/** The properties `names` as getters that throw {@link HostReadError}. */
export function unreadable(of: string, ...names: readonly string[]): object {
  return Object.defineProperties(
    {},
    Object.fromEntries(
      names.map((name) => [
        name,
        {
          enumerable: true,
          get() {
            throw new HostReadError(`${of}.${name}`);
          },
        },
      ]),
    ),
  );
}

/** `base` with other fields in place of some, without reading a field that may not be read. */
export function withFields<T extends object>(base: T, fields: Partial<T>): T {
  return Object.defineProperties(
    {},
    { ...Object.getOwnPropertyDescriptors(base), ...Object.getOwnPropertyDescriptors(fields) },
  ) as T;
}
