import { add, mul, scalar, sum, tensor, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { FileFormatError, StateDictError } from '../errors';
import { mapParams, type Params } from '../params';
import { showShape } from '../shapes';
import { ConformanceError } from './check';
import { firstDifference, maxDifference, type Closeness } from './closeness';
import { gradientsAt } from './gradients';

/**
 * A computation of a reference implementation: options, inputs, parameters, outputs and gradients.
 */
export interface FixtureCase {
  /** The options of the reference, without tensors. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly params: Params;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** By output: the weights w of the objective Σ w·output, whose gradients the fixture holds. */
  readonly weights: Readonly<Record<string, Tensor>>;
  /** Gradients by input name or parameter path. */
  readonly gradients: Readonly<Record<string, Tensor>>;
}

export interface Fixture {
  readonly names: readonly string[];
  /** The case as new tensors; the caller (or an enclosing `tidy`) disposes them. */
  readonly case: (name: string) => FixtureCase;
}

interface StoredTensor {
  readonly shape: number[];
  readonly dtype: 'float32' | 'int32';
  readonly data: number[];
}
type StoredTensors = Readonly<Record<string, StoredTensor>>;
interface StoredCase {
  readonly options: Readonly<Record<string, unknown>>;
  readonly params: StoredTensors;
  readonly inputs: StoredTensors;
  readonly outputs: StoredTensors;
  readonly weights: StoredTensors;
  readonly gradients: StoredTensors;
}

/**
 * Reads a fixture that a script of `tooling/reference` wrote. `url` is a `file:` URL, such as `new
 * URL('../../fixtures/nn.json', import.meta.url)`. Node only.
 *
 * @throws FileFormatError when the file is not a fixture.
 */
export function loadFixture(url: URL): Fixture {
  // Not imported, so that this module loads in a browser too.
  const text = process.getBuiltinModule('node:fs').readFileSync(url, 'utf8');
  const cases = (JSON.parse(text) as { cases?: Readonly<Record<string, StoredCase>> }).cases;
  if (cases === undefined) {
    throw new FileFormatError('the file has no cases', {
      where: url.href,
      expected: 'a file written by tooling/reference/fixture.py',
    });
  }
  return {
    names: Object.keys(cases),
    case: (name) => {
      const stored = cases[name];
      if (stored === undefined) {
        throw new StateDictError(`there is no case "${name}"`, {
          where: url.href,
          expected: `one of ${Object.keys(cases).join(', ')}`,
        });
      }
      return {
        options: stored.options,
        params: restore(stored.params),
        inputs: restore(stored.inputs),
        outputs: restore(stored.outputs),
        weights: restore(stored.weights),
        gradients: restore(stored.gradients),
      };
    },
  };
}

function restore(stored: StoredTensors): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(stored).map(([name, { shape, dtype, data }]) => [
      name,
      tensor(data, shape, dtype),
    ]),
  );
}

/**
 * Checks that two shapes agree and that all values are close. `what` names the tensor in the
 * message.
 *
 * @throws ConformanceError with the first place that differs and the largest difference of all
 *   places.
 */
export function expectClose(
  actual: Tensor,
  expected: Tensor,
  closeness: Closeness = {},
  what = 'the tensor',
): void {
  if (showShape(actual.shape) !== showShape(expected.shape)) {
    throw new ConformanceError(`${what} has the wrong shape`, {
      expected: showShape(expected.shape),
      got: showShape(actual.shape),
    });
  }
  const [values, wanted] = [actual.dataSync(), expected.dataSync()];
  const at = firstDifference(values, wanted, closeness);
  if (at >= 0) {
    throw new ConformanceError(`${what} differs`, {
      where: `value ${at} of ${values.length}`,
      expected: String(wanted[at]),
      got: `${String(values[at])}; the largest difference is ${maxDifference(values, wanted)}`,
    });
  }
}

/**
 * Runs `compute` on a fixture's inputs and compares its outputs with the fixture's, and its
 * gradients of Σ w·output for every input and parameter that the fixture has a gradient of. Call it
 * inside `tidy`.
 */
export function expectFixture(
  { params, inputs, outputs, weights, gradients }: FixtureCase,
  apply: (params: Params, inputs: Readonly<Record<string, Tensor>>) => Record<string, Tensor>,
  closeness: Closeness = {},
): void {
  const actual = apply(params, inputs);
  for (const [name, expected] of Object.entries(outputs)) {
    expectClose(actual[name]!, expected, closeness, name);
  }
  const everything = { ...params, ...inputs };
  const point = Object.fromEntries(Object.keys(gradients).map((name) => [name, everything[name]!]));
  const found = gradientsAt((moved) => {
    const at = (tree: Params): Params => mapParams(tree, (value, name) => moved[name] ?? value);
    const results = apply(at(params), at(inputs));
    return Object.entries(weights)
      .map(([name, weight]): Scalar => sum(mul(results[name]!, weight)))
      .reduce((total, part) => add<Scalar>(total, part), scalar(0));
  }, point);
  for (const [name, expected] of Object.entries(gradients)) {
    expectClose(found[name]!, expected, closeness, `the gradient of ${name}`);
  }
}
