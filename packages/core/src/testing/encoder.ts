import { expandDims, mul, slice, type Tensor } from '@tensorflow/tfjs-core';
import { inference, type Context } from '../contracts/context';
import type { Encoder, LayeredEncoder } from '../contracts/encoder';
import type { Features, PooledFeatures } from '../contracts/features';
import { key } from '../keys';
import type { Params } from '../params';
import { check, registerChecks, ConformanceError, type Check, type TestRunner } from './check';
import { assertFinite, assertShape, identical, valuesOf } from './compare';
import { expectClose } from './fixtures';
import { encoderGradientChecks } from './encoder-gradients';
import { initialisationChecks, keyCheck, type Subject } from './initialisation';
import type { InputKind } from './inputs';
import { assertNoLeak } from './leaks';
import { takeRows, tensorsOf } from './trees';

export interface EncoderTestOptions<Input extends object> {
  /** The kind of input: `imageInput`, `textInput`, `featuresInput`, or your own. */
  readonly input: InputKind<Input>;
  /**
   * Which parameters get no gradient by construction. The key biases of attention are always
   * exempt. Default: none.
   */
  readonly unreached?: (path: string) => boolean;
}

/**
 * Registers the checks of the {@link Encoder} contract with a test framework.
 *
 * ```ts
 * const input = imageInput({ height: 16, width: 16 });
 * testEncoder(() => resnet({ widths: [4, 8] }), { describe, it }, { input });
 * ```
 *
 * @param create makes a new encoder; called several times. Keep it small: gradients are compared
 *   with finite differences.
 */
export function testEncoder<Input extends object>(
  create: () => Encoder<Input, PooledFeatures>,
  runner: TestRunner,
  options: EncoderTestOptions<Input>,
): void {
  registerChecks(`encoder ${create().name}`, encoderChecks(create, options), runner);
}

/** The same checks as a list, for a test runner of your own. */
export function encoderChecks<Input extends object>(
  create: () => Encoder<Input, PooledFeatures>,
  options: EncoderTestOptions<Input>,
): Check[] {
  const { input, unreached = () => false } = options;
  const subject: Subject<Encoder<Input, PooledFeatures>> = {
    create,
    init: (encoder, from) => encoder.init(from),
    apply: (encoder, params, ctx) => {
      return tensorsOf(encoder.apply(params, input.make(key(21), 3), ctx));
    },
  };
  return [
    ...featureChecks(create, input),
    ...maskChecks(create, input),
    ...encoderGradientChecks(create, input, unreached),
    ...initialisationChecks(subject),
    keyCheck(subject),
    ...bufferChecks(create, input),
    leakCheck(create, input),
  ];
}

function featureChecks<Input extends object>(
  create: () => Encoder<Input, PooledFeatures>,
  input: InputKind<Input>,
): Check[] {
  return [
    check('gives finite features of the shapes it declares, for 1 to 3 inputs', () => {
      const encoder = create();
      const { dim, tokens: count } = encoder.features;
      const params = encoder.init(key(1));
      for (const batch of [1, 2, 3]) {
        const { tokens, mask, pooled }: AnyFeatures = encoder.apply(
          params,
          input.make(key(21), batch),
          inference,
        );
        assertShape('pooled', pooled, [batch, dim]);
        assertFinite('pooled', pooled);
        assertTokens(count, tokens);
        if (tokens === undefined || mask === undefined) continue;
        const length = count === 'varies' ? tokens.shape[1] : count;
        assertShape('tokens', tokens, [batch, length, dim]);
        assertShape('mask', mask, [batch, length]);
        assertFinite('tokens', tokens);
        assertMask(mask);
      }
    }),
    check('in inference, the features of a row do not depend on the other rows', () => {
      const encoder = create();
      const params = encoder.init(key(1));
      const inputs = input.make(key(21), 3);
      const together = encoder.apply(params, inputs, inference);
      for (const row of [0, 1, 2]) {
        const alone = encoder.apply(params, takeRows(inputs, [row]), inference);
        assertSameFeatures(`of row ${row} alone`, alone, takeRows(together, [row]));
      }
    }),
  ];
}

function maskChecks<Input extends object>(
  create: () => Encoder<Input, PooledFeatures>,
  { make, scramble, pad }: InputKind<Input>,
): Check[] {
  const compare = (what: string, change: (inputs: Input) => Input): void => {
    const encoder = create();
    const params = encoder.init(key(1));
    const inputs = make(key(21), 3);
    const expected = encoder.apply(params, inputs, inference);
    assertSameFeatures(what, encoder.apply(params, change(inputs), inference), expected);
  };
  const checks: Check[] = [];
  if (scramble !== undefined) {
    checks.push(
      check('values at masked positions do not matter', () =>
        compare('with other values where masked', (inputs) => scramble(key(22), inputs)),
      ),
    );
  }
  if (pad !== undefined) {
    checks.push(
      check('padding the input further does not matter', () =>
        compare('with more padding', (inputs) => pad(key(23), inputs, 2)),
      ),
    );
  }
  return checks;
}

function bufferChecks<Input extends object>(
  create: () => Encoder<Input, PooledFeatures>,
  input: InputKind<Input>,
): Check[] {
  return [
    check('training records every running statistic, inference none', () => {
      const encoder = create();
      const params = encoder.init(key(1));
      const inputs = input.make(key(21), 3);
      const recorded = new Map<string, Tensor>();
      const record: Context['record'] = (path, value) => void recorded.set(path, value);
      encoder.apply(params, inputs, { ...inference, record });
      assertPaths('inference records', [...recorded.keys()], []);
      encoder.apply(params, inputs, { training: true, key: key(2), record });
      assertPaths(
        'training records',
        [...recorded.keys()].filter((path) => !path.endsWith('num_batches_tracked')),
        Object.keys(params).filter((path) => /\.running_(mean|var)$/.test(path)),
      );
      for (const [path, value] of recorded) {
        assertShape(path, value, params[path]!.shape);
        assertFinite(path, value);
        assertMoved(path, value, params);
        value.dispose();
      }
    }),
  ];
}

function leakCheck<Input extends object>(
  create: () => Encoder<Input, PooledFeatures>,
  input: InputKind<Input>,
): Check {
  return {
    name: 'leaks no tensors and disposes none of its inputs',
    run: () => {
      const encoder = create();
      assertNoLeak('init', [], () => [encoder.init(key(1))]);
      const [params, inputs] = [encoder.init(key(1)), input.make(key(21), 2)];
      const given = [params, inputs].flatMap((tree) => tensorsOf(tree));
      assertNoLeak('inference', given, () => [encoder.apply(params, inputs, inference)]);
      assertNoLeak('training', given, () => {
        const recorded: Tensor[] = [];
        const record: Context['record'] = (_, value) => void recorded.push(value);
        const ctx: Context = { training: true, key: key(2), record };
        return [encoder.apply(params, inputs, ctx), ...recorded];
      });
      if (isLayered(encoder)) {
        assertNoLeak('hiddenStates', given, () => [
          ...encoder.hiddenStates(params, inputs, inference),
        ]);
      }
      given.forEach((value) => value.dispose());
    },
  };
}

function isLayered<Input>(
  encoder: Encoder<Input, PooledFeatures>,
): encoder is Encoder<Input, PooledFeatures> & Pick<LayeredEncoder<Input>, 'hiddenStates'> {
  return 'hiddenStates' in encoder;
}

/** Features whose tokens and mask may be absent. */
type AnyFeatures = PooledFeatures & Partial<Features>;

function assertTokens(declared: number | 'varies', tokens: Tensor | undefined): void {
  if ((declared === 0) === (tokens === undefined)) return;
  throw new ConformanceError('the encoder gives tokens although it declares none, or the reverse', {
    where: 'features.tokens',
    expected: declared === 0 ? 'only summaries' : 'tokens and a mask',
    got: tokens === undefined ? 'summaries alone' : 'tokens',
  });
}

function assertMask(mask: Tensor): void {
  const [, length] = mask.shape;
  const values = valuesOf(mask);
  if (values.some((value) => value !== 0 && value !== 1)) {
    throw new ConformanceError('the mask has values that are neither 0 nor 1', {
      got: [...values],
    });
  }
  for (let at = 0; at < values.length; at += length!) {
    if (!values.subarray(at, at + length!).includes(1)) {
      throw new ConformanceError('a row of the mask has no real token', { got: [...values] });
    }
  }
}

/** Compares masks, summaries and real tokens; `actual` may have further masked tokens. */
function assertSameFeatures(what: string, actual: AnyFeatures, expected: AnyFeatures): void {
  expectClose(actual.pooled, expected.pooled, {}, `pooled ${what}`);
  if (expected.tokens === undefined || expected.mask === undefined) return;
  const [batch, length, dim] = expected.tokens.shape;
  expectClose(
    slice(actual.mask!, [0, 0], [batch, length]),
    expected.mask,
    identical,
    `mask ${what}`,
  );
  const real = expandDims(expected.mask, 2);
  const tokens = slice(actual.tokens!, [0, 0, 0], [batch, length, dim]);
  expectClose(mul(tokens, real), mul(expected.tokens, real), {}, `tokens ${what}`);
}

function assertPaths(what: string, actual: readonly string[], expected: readonly string[]): void {
  const [got, wanted] = [actual, expected].map((paths) => [...paths].sort().join(', '));
  if (got !== wanted) {
    throw new ConformanceError(`${what} other statistics than expected`, {
      expected: wanted === '' ? 'none' : wanted,
      got: got === '' ? 'none' : got,
    });
  }
}

function assertMoved(path: string, value: Tensor, params: Params): void {
  const before = params[path]!.dataSync();
  if (value.dataSync().every((number, i) => number === before[i])) {
    throw new ConformanceError('training does not change a running statistic', { where: path });
  }
}
