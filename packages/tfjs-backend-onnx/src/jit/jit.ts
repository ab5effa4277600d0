import type { Tensor } from '@tensorflow/tfjs-core';
import { backend as currentBackend, dispose, tidy } from '@tensorflow/tfjs-core';
import type { TensorContainer } from '@tensorflow/tfjs-core';
import { OnnxBackend } from '../backend';
import type { Checks } from '../checks';
import { checkOptions, listOf, trueOrFalse, wholeNumber } from '../checks';
import { OnnxBackendError } from '../errors';
import { Specialisation } from './specialisation';
import { trace } from './trace';
import type { Tree } from './tree';
import { flatten, nextOf, rebuild } from './tree';

export interface JitOptions {
  /**
   * Places of arguments that the call may consume: all their tensors are disposed of, and results
   * can take their memory, as new parameters that of the old ones. Default: none.
   */
  readonly donate?: readonly number[];
  /**
   * Whether tensors the function closes over become constants of the compiled graph. ONNX Runtime
   * then folds and rearranges them (batch norm into convolutions, blocked layouts), at the price
   * of a copy. For parameters that stay as they are. Default false.
   */
  readonly bake?: boolean;
  /** Compiled graphs kept, one for each combination of shapes, at least 1. Default 16. */
  readonly cacheSize?: number;
}

const CHECKS: Checks<JitOptions> = {
  donate: listOf(wholeNumber(0)),
  bake: trueOrFalse,
  cacheSize: wholeNumber(1),
};

export interface Jitted<Arguments extends readonly Tree[], Result extends Tree> {
  (...args: Arguments): Result;
  /** Frees the compiled graphs and what they hold. Calling it again compiles anew. */
  dispose(): void;
}

/**
 * Compiles a function of tensors: it is traced once for each combination of shapes into one graph,
 * and from then on only that graph runs, without any JavaScript for each operation.
 *
 * The function must be pure: its result depends on its arguments, on tf.Variables (which it may
 * also assign: `optimizer.minimize` works) and on tensors it closes over, which stay the same
 * ones. Its second call is traced too and must agree with the first. Numbers and strings among the
 * arguments belong to the combination: a new value compiles anew, so pass what varies as tensors.
 *
 * On any other backend, and inside another jit function, the function itself is called.
 *
 * @throws OnnxBackendError `jit` when the function reads a value, is not pure, or takes or returns
 * anything but tensors, numbers, strings, booleans and null in arrays and plain objects;
 * `unsupported-op` when it needs a kernel without a graph form.
 * `options` for an option that is not there or out of its range, and, at the call, for a place to
 * donate that the call has no argument for.
 */
export function jit<Arguments extends readonly Tree[], Result extends Tree>(
  f: (...args: Arguments) => Result,
  options: JitOptions = {},
): Jitted<Arguments, Result> {
  if (typeof f !== 'function') {
    throw new OnnxBackendError('options', `jit: expected a function; got ${typeof f}.`);
  }
  checkOptions('jit', options, CHECKS);
  const { donate = [], bake = false, cacheSize = 16 } = options;
  const compiled = new Map<OnnxBackend, Map<string, Specialisation>>();

  const call = (...args: Arguments): Result => {
    checkPlaces(donate, args.length);
    const backend: object = currentBackend();
    if (!(backend instanceof OnnxBackend)) return callPlainly(f, args, donate);
    if (backend.isTracing) return f(...args);
    const cache = compiled.get(backend) ?? new Map<string, Specialisation>();
    compiled.set(backend, cache);
    const parts = args.map((argument, i) => flatten(argument, `argument ${i}`));
    const tensors = parts.flatMap((part) => part.tensors);
    const donated = donatedPlaces(parts, donate);
    const traced = (): ReturnType<typeof trace> =>
      trace(backend, tensors, (placeholders) => f(...rebuild(args, nextOf(placeholders))));

    const signature = parts.map((part) => part.signature).join(';');
    let found = cache.get(signature);
    cache.delete(signature);
    if (found === undefined) {
      const first = traced();
      found = new Specialisation(backend, first, bake);
      if (first.hasCreated) {
        try {
          return found.run(tensors, donated) as Result;
        } finally {
          found.dispose();
        }
      }
    } else if (!found.isConfirmed) {
      try {
        found.confirm(traced());
      } catch (error) {
        found.dispose();
        throw error;
      }
    }
    cache.set(signature, found);
    for (const [oldest, entry] of cache) {
      if (cache.size <= cacheSize) break;
      cache.delete(oldest);
      entry.dispose();
    }
    return found.run(tensors, donated) as Result;
  };

  return Object.assign(call, {
    dispose: () => {
      for (const cache of compiled.values()) for (const entry of cache.values()) entry.dispose();
      compiled.clear();
    },
  });
}

function checkPlaces(donate: readonly number[], count: number): void {
  const wrong = donate.find((place) => place >= count);
  if (wrong === undefined) return;
  throw new OnnxBackendError(
    'options',
    `jit: donate names argument ${wrong}, but the call has ${count} arguments, counted from 0.`,
  );
}

/** Which of all tensors belong to donated arguments. */
function donatedPlaces(
  parts: readonly { readonly tensors: readonly Tensor[] }[],
  donate: readonly number[],
): number[] {
  let place = 0;
  return parts.flatMap(({ tensors }, argument) => {
    const places = tensors.map(() => place++);
    return donate.includes(argument) ? places : [];
  });
}

/** What `jit` means, without compiling anything. */
function callPlainly<Arguments extends readonly Tree[], Result extends Tree>(
  f: (...args: Arguments) => Result,
  args: Arguments,
  donate: readonly number[],
): Result {
  const result = tidy(() => {
    const given = new Set(flatten(args, 'an argument').tensors);
    const own = f(...args);
    const results = flatten(own, 'the result').tensors.map((tensor) =>
      given.has(tensor) ? tensor.clone() : tensor,
    );
    return rebuild(own, nextOf(results)) as TensorContainer;
  });
  for (const place of donate) dispose([...flatten(args[place], 'an argument').tensors]);
  return result as Result;
}
