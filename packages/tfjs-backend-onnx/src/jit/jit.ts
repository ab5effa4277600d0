import type { Tensor, TensorContainer } from '@tensorflow/tfjs-core';
import { backend as currentBackend, dispose, tidy } from '@tensorflow/tfjs-core';
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
   * Indices of arguments that a call consumes: all their tensors are disposed, and results may
   * reuse their memory, as new parameters the memory of the old parameters. Default: none.
   */
  readonly donate?: readonly number[];
  /**
   * Whether tensors that the function closes over become constants of the compiled graph. ONNX
   * Runtime can then optimise them (merge batch norms into convolutions, use blocked layouts), at
   * the price of a copy. Use it for parameters that do not change. Default false.
   */
  readonly bake?: boolean;
  /**
   * Maximum number of compiled graphs, one for each combination of shapes, at least 1. Default 16.
   */
  readonly cacheSize?: number;
}

const CHECKS: Checks<JitOptions> = {
  donate: listOf(wholeNumber(0)),
  bake: trueOrFalse,
  cacheSize: wholeNumber(1),
};

export interface Jitted<Arguments extends readonly Tree[], Result extends Tree> {
  (...args: Arguments): Result;
  /**
   * Frees the compiled graphs and the tensors that they hold. The next call of the function
   * compiles again.
   */
  dispose(): void;
}

/**
 * Compiles a function of tensors. For each combination of shapes it is traced once into a graph.
 * After that only the graph runs, without JavaScript for each operation.
 *
 * The function must be pure: its result may depend on its arguments, on tf.Variables (which it may
 * also assign: `optimizer.minimize` works) and on tensors that it closes over, which must always be
 * the same tensors. The second call is traced too and must give the same graph. A new value of a
 * number or string argument compiles a new graph, so pass values that vary as tensors.
 *
 * On any other backend, and inside a different jit function, the function is called without
 * compilation.
 *
 * @throws OnnxBackendError `jit` when the function reads a value, is not pure, or takes or returns
 *   anything except tensors, numbers, strings, booleans and null in arrays and plain objects;
 *   `unsupported-op` when it needs a kernel without an ONNX form; `options` for an unknown or wrong
 *   option, and at the call if `donate` names an argument that the call lacks.
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

/** The indices of the tensors of donated arguments. */
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

/** Calls the function without compilation, with the same semantics. */
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
