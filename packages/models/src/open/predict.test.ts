import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { memory, tidy } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  DataError,
  FileFormatError,
  disposeParams,
  inference,
  key,
  mergeParams,
  subtree,
  withPrefix,
} from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { encodeTexts } from '@crossweave/data';
import { createTask, jointWidth } from '@crossweave/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, pictureFiles } from '../pretrained/fixtures.testing';
import { pretrained } from '../pretrained/pretrained';
import { saveModel, type SaveModelOptions } from '../saved/save-model';
import { openModel } from './open-model';

let folder = '';
const task = createTask('classification').fit(['no', 'yes', 'yes', 'yes']);

/** The small SigLIP of the fixtures, with a head that nothing has trained. */
async function save(name: string, more: Partial<SaveModelOptions['task']> = {}): Promise<string> {
  using model = await pretrained(fixture('siglip'));
  const { image, text, fusion } = model;
  const width = jointWidth(fusion!.fusion, image!.encoder.features, text!.encoder.features);
  const head = task.init(key(5), width);
  const at = join(folder, name);
  await saveModel(at, {
    ...{ image: image!.part, text: text!.part, fusion: fusion!.part },
    params: mergeParams(model.params, withPrefix('head.', head)),
    preprocessing: image!.preprocessing,
    maxTokens: text!.maxTokens,
    tokenizer: text!.tokenizerFolder,
    task: { name: 'classification', options: {}, facts: task.facts, ...more },
  });
  disposeParams(head);
  return at;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-'));
  await save('plain');
});
afterAll(() => rm(folder, { recursive: true }));

const asked = async () => {
  const [first, second] = await pictureFiles();
  return [
    { image: first!, text: 'is it red?' },
    { image: second!, text: 'is it red?', id: 'b' },
  ];
};

const odds = (p: number): number => Math.log(p / (1 - p));

testOptions(
  'predict',
  async (options) => {
    await using model = await openModel(join(folder, 'plain'));
    return await model.predict(await asked(), options);
  },
  { describe, it },
  { anyText: ['featureStore'] },
);

describe('predict of an open model', () => {
  it('is the softmax of the head over what the fusion makes of each pair', async () => {
    const before = memory().numTensors;
    {
      await using model = await openModel(join(folder, 'plain'));
      const pairs = await asked();
      const said = await model.predict(pairs, { topK: 2 });
      expect(said.map(({ id, caption }) => [id, caption])).toEqual([
        [pairs[0]!.image.name, 'is it red?'],
        ['b', 'is it red?'],
      ]);
      const { image, text, fusion, params, task: trained } = model.parts!;
      const pictures = await model.preprocess(pairs.map((pair) => pair.image));
      const logits = tidy(() => {
        const texts = pairs.map((pair) => pair.text);
        const joint = fusion!.fusion.fuse(
          subtree(params, 'fusion.'),
          image!.encoder.apply(subtree(params, 'image.'), pictures, inference),
          text!.encoder.apply(
            subtree(params, 'text.'),
            encodeTexts(texts, text!.tokenizer, text!.maxTokens),
            inference,
          ),
          inference,
        ).joint;
        return trained!.task.apply(trained!.head, joint, inference).arraySync();
      });
      pictures.dispose();
      said.forEach(({ label, probability, top, abstained }, i) => {
        const [no, yes] = logits[i]! as [number, number];
        const ofYes = 1 / (1 + Math.exp(no - yes));
        expect(label).toBe(ofYes > 0.5 ? 'yes' : 'no');
        expect(probability).toBeCloseTo(Math.max(ofYes, 1 - ofYes), 5);
        expect(top).toHaveLength(2);
        expect(abstained).toBe(false);
      });
      expect(model.task!.name).toBe('classification');
      expect(Object.keys(params).some((path) => path.startsWith('head.'))).toBe(false);
      expect(await model.predict([])).toEqual([]);
      const withheld = await model.predict(pairs, { abstain: 1, topK: 0 });
      expect(withheld.map(({ label, abstained }) => [label, abstained])).toEqual([
        [null, true],
        [null, true],
      ]);
    }
    expect(memory().numTensors).toBe(before);
  });

  it('corrects for sampled classes and calibrates as the model was saved with', async () => {
    const sampled = { sampling: 'balanced', temperatures: { both: 4, image: 1, text: 1 } } as const;
    await using plain = await openModel(join(folder, 'plain'));
    await using model = await openModel(await save('sampled', sampled));
    const yes = async (of: typeof model, options = {}): Promise<number[]> => {
      const said = await of.predict(await asked(), { topK: 2, ...options });
      return said.map(({ top }) => odds(top!.find(({ label }) => label === 'yes')!.probability));
    };
    const raw = await yes(plain);
    // Drawn equally often, three times as often in the data.
    (await yes(model)).forEach((value, i) => {
      expect(value).toBeCloseTo((raw[i]! + Math.log(3)) / 4, 4);
    });
    (await yes(model, { asSampled: true })).forEach((value, i) => {
      expect(value).toBeCloseTo(raw[i]!, 4);
    });
    await expect(plain.predict(await asked(), { asSampled: true })).rejects.toThrow(
      /means nothing to this model/,
    );
  });

  it('gives classes at the thresholds that the model was saved with, or at the usual ones', async () => {
    const sets = { name: 'multi-label', facts: { classes: ['no', 'yes'], shares: [0.5, 0.5] } };
    const thresholds = { both: [0.0001, 0.9999] };
    await using model = await openModel(await save('sets', { ...sets, thresholds }));
    const [fitted] = await model.predict(await asked());
    expect(fitted!.label).toEqual(['no']);
    const [usual] = await model.predict(await asked(), { fittedThresholds: false, topK: 2 });
    const above = usual!.top!.filter(({ probability }) => probability > 0.5);
    expect(usual!.label).toEqual(above.map(({ label }) => label).sort());

    const before = memory().numTensors;
    for (const wrong of [{ ...sets, thresholds: { both: [0.5] } }, { thresholds }]) {
      await expect(openModel(await save('wrong', wrong))).rejects.toThrow(
        /saved thresholds do not belong to the saved task/,
      );
    }
    expect(memory().numTensors).toBe(before);
  });

  it('refuses pairs that it cannot read, and a model without a task', async () => {
    await using model = await openModel(join(folder, 'plain'));
    const [pair] = await asked();
    const before = memory().numTensors;
    const refused = (pairs: unknown) => expect(model.predict(pairs as never)).rejects;
    await refused([{ text: 'alone' }]).toThrow(/lacks its image, and the model needs both sides/);
    await refused([{}]).toThrow(/neither a picture nor a text/);
    await refused([{ ...pair, text: '' }]).toThrow(ConfigError);
    await refused([{ ...pair, caption: 'x' }]).toThrow(ConfigError);
    await refused([{ ...pair, image: { name: 'bad.jpg', bytes: new Uint8Array(9) } }]).toThrow(
      DataError,
    );
    expect(memory().numTensors).toBe(before);
    await using other = await openModel(fixture('siglip'));
    expect(other.task).toBeUndefined();
    await expect(other.predict([pair!])).rejects.toThrow(/was not trained for a task/);
  });

  it('refuses a task that it does not know', async () => {
    const at = await save('unknown', { name: 'tarot' });
    await expect(openModel(at)).rejects.toThrow(FileFormatError);
    const before = memory().numTensors;
    await expect(openModel(at)).rejects.toThrow(/unknown task, "tarot"/);
    expect(memory().numTensors).toBe(before);
  });
});
