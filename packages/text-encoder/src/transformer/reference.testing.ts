import { expandDims, mul, tidy, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  inference,
  key,
  parameter,
  type LayeredEncoder,
  type Params,
  type TextInput,
} from '@crossweave/core';
import {
  expectFixture,
  loadFixture,
  type Closeness,
  type FixtureCase,
} from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';

/**
 * Compares an encoder with every case of a fixture of `tooling/reference/encoders_text.py`: tokens,
 * pooled, every hidden state, and the gradient of every parameter. `convert` converts parameters
 * from the names of the reference; then the paths and shapes of `init` are not compared.
 */
export function equalsReference(
  file: string,
  make: (options: FixtureCase['options']) => LayeredEncoder<TextInput>,
  convert?: (params: Params) => Params,
  closeness?: Closeness,
): void {
  const fixture = loadFixture(new URL(`../../fixtures/${file}.json`, import.meta.url));
  describe(`equals the reference in all hidden states and gradients: ${file}`, () => {
    it.each(fixture.names)('%s', (name) => {
      tidy(() => {
        const reference = fixture.case(name);
        expectReference(make(reference.options), reference, convert, closeness);
      });
    });
  });
}

/** Compares an encoder with one case, as {@link equalsReference} does. Call it inside `tidy`. */
export function expectReference(
  encoder: LayeredEncoder<TextInput>,
  reference: FixtureCase,
  convert: (params: Params) => Params = (params) => params,
  closeness?: Closeness,
): void {
  const shapes = (params: Params): Record<string, number[]> =>
    Object.fromEntries(Object.entries(params).map(([path, { shape }]) => [path, shape]));
  expect(shapes(encoder.init(key(0)))).toEqual(shapes(convert(reference.params)));
  expectFixture(
    reference,
    (params, inputs) => everything(encoder, convert(params), inputs),
    closeness,
  );
}

/** The outputs of an encoder that a fixture has, with zeros at padding. */
function everything(
  encoder: LayeredEncoder<TextInput>,
  params: Params,
  inputs: Readonly<Record<string, Tensor>>,
): Record<string, Tensor> {
  const input: TextInput = {
    input_ids: parameter<Tensor2D>(inputs, 'input_ids'),
    attention_mask: parameter<Tensor2D>(inputs, 'attention_mask'),
    ...('token_type_ids' in inputs && {
      token_type_ids: parameter<Tensor2D>(inputs, 'token_type_ids'),
    }),
  };
  const { tokens, mask, pooled } = encoder.apply(params, input, inference);
  const real = expandDims(mask, 2);
  const states = encoder
    .hiddenStates(params, input, inference)
    .map((state, i): [string, Tensor] => [`state ${i}`, mul(state, real)]);
  return { tokens: mul(tokens, real), pooled, ...Object.fromEntries(states) };
}
