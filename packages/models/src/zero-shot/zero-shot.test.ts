import '@tensorflow/tfjs-backend-cpu';
import { ConfigError } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { checkOptions } from '@crossweave/core/authoring';
import { describe, expect, it } from 'vitest';
import { openModel } from '../open/open-model';
import { expectedOf, fixture, originalPictures } from '../pretrained/fixtures.testing';
import { rowOf, type Embeddings } from '../vectors/embeddings';
import { zeroShot, zeroShotChecks } from './zero-shot';

it('gives the softmax of the original’s logits', async () => {
  const expected = expectedOf('clip');
  await using model = await openModel(fixture('clip'));
  const classes = await zeroShot(model, expected.captions);
  const pictures = originalPictures(expected, model.preprocessing!);
  const guesses = classes.classify(await model.encodeImage(pictures));
  pictures.dispose();
  expected.logits.forEach((logits, picture) => {
    const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
    const right = logits.map((logit, i) => [expected.captions[i]!, Math.exp(logit) / sum] as const);
    right.sort(([, a], [, b]) => b - a);
    expect(guesses[picture]!.map(({ label }) => label)).toEqual(right.map(([label]) => label));
    guesses[picture]!.forEach(({ probability }, i) =>
      expect(probability).toBeCloseTo(right[i]![1], 5),
    );
  });
});

it('averages the templates of a label', async () => {
  await using model = await openModel(fixture('clip'));
  const templates = ['a {}', 'blue {} and {}'];
  const { prototypes } = await zeroShot(model, ['ring', 'circle'], { templates });
  const [one, two] = ['a circle', 'blue circle and circle'];
  const encoded = await model.encodeText([one, two]);
  const sum = rowOf(encoded, 0).map((value, i) => value + rowOf(encoded, 1)[i]!);
  const length = Math.hypot(...sum);
  rowOf(prototypes, 1).forEach((value, i) => expect(value).toBeCloseTo(sum[i]! / length, 5));
});

it('puts a label into a template as it is, with what replacements give a meaning', async () => {
  await using model = await openModel(fixture('clip'));
  const asked: string[] = [];
  const encodeText = (texts: readonly string[]) => {
    asked.push(...texts);
    return model.encodeText(texts);
  };
  await zeroShot({ ...model, encodeText }, ['$$ ring', '$& circle'], { templates: ['a {}.'] });
  expect(asked).toEqual(['a $$ ring.', 'a $& circle.']);
});

it('refuses what makes no sense', async () => {
  await using model = await openModel(fixture('clip'));
  for (const labels of [['ring'], ['ring', 'ring'], [], ['ring', ' ']]) {
    await expect(zeroShot(model, labels)).rejects.toThrow(ConfigError);
  }
  await expect(zeroShot(model, ['ring', 'RING'])).rejects.toThrow(
    /same text to the tokenizer; .* got "ring" and "RING"/,
  );
  for (const value of [0, Number.NaN]) {
    const encodeText = async (texts: readonly string[]): Promise<Embeddings> => {
      const { rows, dim, values } = await model.encodeText(texts);
      return { rows, dim, values: values.fill(value) };
    };
    await expect(zeroShot({ ...model, encodeText }, ['a', 'b'])).rejects.toThrow(/"labels"/);
  }
  const lost = zeroShot(model, ['a', 'b'], { templates: ['a photo'] });
  await expect(lost).rejects.toThrow(/a sentence with \{\} where the label stands/);
  const classes = await zeroShot(model, ['a', 'b']);
  expect(() => classes.classify({ rows: 0, dim: 3, values: new Float32Array() })).toThrow(
    /another width/,
  );
  const { dim } = classes.prototypes;
  const one = (value: number): Embeddings => ({
    ...{ rows: 1, dim },
    values: new Float32Array(dim).fill(value),
  });
  expect(() => classes.classify(one(5))).toThrow(/row 0 of "pictures" is not of unit length/);
  expect(() => classes.classify(one(0))).toThrow(/not of unit length.*length 0/);
  expect(() => classes.classify(one(Number.NaN))).toThrow(/not finite/);
  expect(() => classes.classify({ ...one(1), rows: 2 })).toThrow(/2 × /);
});

testOptions('zeroShot', (options) => checkOptions('zeroShot', options as object, zeroShotChecks), {
  describe,
  it,
});
