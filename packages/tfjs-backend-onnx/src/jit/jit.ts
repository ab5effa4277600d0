import type { TensorContainer } from '@tensorflow/tfjs-core';
import { backend as currentBackend, dispose, tidy } from '@tensorflow/tfjs-core';
import { OnnxBackend } from '../backend';
import type { Checks } from '../checks';
import { checkOptions, listOf, trueOrFalse, wholeNumber } from '../checks';
import { OnnxBackendError } from '../errors';
import { CompiledFunction, type JitOptions } from './compiled-function';
import type { Tree } from './tree';
import { flatten, nextOf, rebuild } from './tree';

const CHECKS: Checks<JitOptions> = {
  donate: listOf(wholeNumber(0)),
  bake: trueOrFalse,
  releaseMemory: trueOrFalse,
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
  const { donate = [] } = options;
  const compiled = new Map<OnnxBackend, CompiledFunction>();

  const call = (...args: Arguments): Result => {
    checkPlaces(donate, args.length);
    const backend: object = currentBackend();
    if (!(backend instanceof OnnxBackend)) return callPlainly(f, args, donate);
    if (backend.isTracing) return f(...args);
    let own = compiled.get(backend);
    if (own === undefined) {
      own = new CompiledFunction(
        backend,
        (given) => f(...(given as unknown as Arguments)),
        options,
      );
      compiled.set(backend, own);
    }
    return own.run(args) as Result;
  };

  return Object.assign(call, {
    dispose: () => {
      for (const own of compiled.values()) own.dispose();
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
