import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inference, key, subtree, type Params, type TextInput } from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import { dualEncoder } from '@crossweave/fusion';
import { checkExport, exportOnnx, writeOnnx, type InputsOf } from '@crossweave/tfjs-backend-onnx';
import { jointModel } from '@crossweave/trainer';
import { imageEncoderOf, textEncoderOf } from './build';

const VOCABULARY = 50;
const TOKENS = 12;

const images = (count: number): { image: tf.Tensor4D } => ({
  image: tf.randomNormal<tf.Rank.R4>([count, 64, 64, 3], 0, 1, 'float32', count),
});

/** Captions of which every second place is padding. */
function captions(count: number): TextInput {
  const ids = tf.randomUniform<tf.Rank.R2>([count, TOKENS], 0, VOCABULARY - 1, 'float32', count);
  const row = Array.from({ length: TOKENS }, (_, i) => Number(i < TOKENS / 2));
  return {
    input_ids: tf.cast(ids, 'int32'),
    attention_mask: tf.tile(tf.tensor2d([row], [1, TOKENS], 'int32'), [count, 1]),
  };
}

/** Parameters as training leaves them: not the zeros and ones of the first step. */
function perturbed(params: Params): Params {
  return Object.fromEntries(
    Object.entries(params).map(([path, value], i) => {
      const noise = tf.randomNormal(value.shape, 0, 0.02, 'float32', i + 1);
      return [
        path,
        path.endsWith('running_var') ? tf.add(value, tf.abs(noise)) : tf.add(value, noise),
      ];
    }),
  );
}

describe('a joint model of encoders from a config', () => {
  let folder: string;

  beforeAll(async () => {
    await useEngine('onnx');
    folder = await mkdtemp(join(tmpdir(), 'towers-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('exports its two towers as files that give its embeddings at any batch size', async () => {
    const image = imageEncoderOf({ name: 'resnet-small', options: {} }, 64);
    const text = textEncoderOf(
      { name: 'bert-small', options: { layers: 1 } },
      { name: 'words', vocabularySize: VOCABULARY, padId: 0 },
      TOKENS,
    );
    const fusion = dualEncoder({ dim: 32 });
    const params = perturbed(jointModel({ image, text, fusion }).init(key(1)));
    const of = (part: string): Params => subtree(params, `${part}.`);
    const embed = (side: 'image' | 'text', features: ReturnType<typeof image.apply>): tf.Tensor2D =>
      fusion.embed!(of('fusion'), side, features, inference);

    /** Writes a tower, once its file is known to give what it gives. */
    const write = async <Inputs extends object>(
      name: string,
      inputs: (count: number) => Inputs & InputsOf<Inputs>,
      tower: (given: Inputs) => { readonly embedding: tf.Tensor2D },
    ): Promise<void> => {
      const options = { parameters: params, externalData: `${name}.onnx.data` };
      const exported = exportOnnx(tower, inputs(2), options);
      expect(exported.outputs.map(({ name: output, shape }) => [output, shape])).toEqual([
        ['embedding', ['batch', 32]],
      ]);
      for (const count of [1, 3, 20]) {
        expect(checkExport(exported, tower, inputs(count)).maxDifference).toBeLessThan(1e-5);
      }
      await writeOnnx(join(folder, `${name}.onnx`), exported);
    };

    await write('image', images, (given) => ({
      embedding: embed('image', image.apply(of('image'), given.image, inference)),
    }));
    await write('text', captions, (given) => ({
      embedding: embed('text', text.apply(of('text'), given, inference)),
    }));
    expect((await readdir(folder)).sort()).toEqual(
      ['image', 'text'].flatMap((name) => [`${name}.onnx`, `${name}.onnx.data`]),
    );
  });
});
