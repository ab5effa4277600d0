/**
 * `npm run bench -- fidelity [--steps N] [--pairs N]`: towers that are trained in float32 on scenes,
 * frozen, and then computed on OpenVINO in float32 and in bf16, and by ONNX Runtime with weights in
 * int8: cosines with float32 on ONNX Runtime, and recall at 1, on the held out pairs. Prints a table.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  disposeParams,
  inference,
  key,
  subtree,
  type FrozenEncoder,
  type Params,
  type PairSplit,
  type TextInput,
} from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import {
  makeScenes,
  makeVocabulary,
  openPairs,
  pairBatches,
  vocabularyTokenizer,
} from '@crossweave/data';
import { dualEncoder } from '@crossweave/fusion';
import { resnetSmall } from '@crossweave/image-encoder';
import { compareFidelity, encodeSplit, requireFidelity, type FeatureCache } from '@crossweave/lab';
import { infoNCE } from '@crossweave/losses';
import { bertSmall } from '@crossweave/text-encoder';
import { exportOnnx, openExport } from '@crossweave/tfjs-backend-onnx';
import { adamW, jointModel, train } from '@crossweave/trainer';
import * as tf from '@tensorflow/tfjs-core';

const SIZE = 64;
const TOKENS = 20;
const BATCH = 32;
const DIM = 128;

/** From inputs to embeddings. */
interface Towers {
  readonly image: (input: { readonly x: tf.Tensor4D }) => tf.Tensor2D;
  readonly text: (input: TextInput) => tf.Tensor2D;
}

type Split = PairSplit;

/** Gives the exit code: 0 done, 2 bad usage. */
export async function fidelitySuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      steps: { type: 'string', default: '240' },
      pairs: { type: 'string', default: '1000' },
    },
  });
  const [steps, pairs] = [Number(values.steps), Number(values.pairs)];
  if (![steps, pairs].every((count) => Number.isInteger(count) && count >= BATCH)) {
    console.error(`--steps, --pairs: whole numbers of at least ${BATCH}`);
    return 2;
  }
  const folder = await mkdtemp(join(tmpdir(), 'crossweave-fidelity-'));
  try {
    await useEngine('onnx');
    await makeScenes({ count: pairs, seed: 7, out: folder });
    const captions = join(folder, 'captions.jsonl');
    const opened = await openPairs({ captions, imageSize: SIZE, maxTokens: TOKENS });
    const vocabulary = makeVocabulary(opened.captions('train'));
    const data = await (await opened.withTokenizer(vocabularyTokenizer(vocabulary))).decode();
    const parts = partsFor(data.tokenizer.vocabularySize);
    const model = jointModel(parts);
    using state = await train({
      model,
      loss: infoNCE(),
      optimizer: adamW({ learningRate: 1e-3 }),
      data: pairBatches(data.split('train'), { batchSize: BATCH, key: key(1) }),
      steps,
      key: key(0),
    });
    const test = data.split('test');
    await print(towersOf(state.params, parts), test);
    return 0;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const partsFor = (vocabulary: number) => ({
  image: resnetSmall({ strides: [2, 2, 2] }),
  text: bertSmall({ vocabulary, layers: 2 }),
  fusion: dualEncoder({ dim: DIM }),
});

async function print(towers: Towers, test: Split): Promise<void> {
  const float32 = await encode(test, plain(towers.image, 'x'), plain(towers.text));
  console.log('| computed by | cosine: images | texts | R@1, images as queries | texts | gate |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  const row = (name: string, low: FeatureCache): void => {
    const fidelity = compareFidelity(float32, low);
    const { cosine, recall } = fidelity;
    const cosines = [cosine.image, cosine.text].map(
      ({ mean, least }) => `${mean.toFixed(5)} (least ${least.toFixed(5)})`,
    );
    const recalls = [recall.i2t, recall.t2i].map(({ low: value }) => value.toFixed(4));
    console.log(`| ${[name, ...cosines, ...recalls, verdict(fidelity)].join(' | ')} |`);
  };
  row('onnx, float32', float32);
  for (const precision of ['float32', 'bf16'] as const) {
    await useEngine('onnx:openvino', { precision });
    row(
      `onnx:openvino, ${precision}`,
      await encode(test, plain(towers.image, 'x'), plain(towers.text)),
    );
  }
  await useEngine('onnx');
  row('int8 on ONNX Runtime', await inInt8(towers, test));
}

function verdict(fidelity: Parameters<typeof requireFidelity>[0]): string {
  try {
    requireFidelity(fidelity);
    return 'passes';
  } catch {
    return 'refused';
  }
}

function towersOf(params: Params, { image, text, fusion }: ReturnType<typeof partsFor>): Towers {
  const of = (part: string): Params => subtree(params, `${part}.`);
  const embed = fusion.embed!;
  return {
    image: ({ x }) =>
      embed(of('fusion'), 'image', image.apply(of('image'), x, inference), inference),
    text: (input) =>
      embed(of('fusion'), 'text', text.apply(of('text'), input, inference), inference),
  };
}

const frozen = <Input>(run: (input: Input) => tf.Tensor): FrozenEncoder<Input> => ({
  name: 'tower',
  features: { dim: DIM, tokens: 0 },
  fingerprint: 'tower',
  encode: (input) => Promise.resolve({ pooled: run(input) } as never),
  [Symbol.asyncDispose]: () => Promise.resolve(),
});

/** A tower on the engine in use. @param name of its input, if it is one tensor. */
const plain = <Input>(run: (input: Input) => tf.Tensor, name?: string): FrozenEncoder<never> =>
  frozen((input: unknown) =>
    tf.tidy(() => run((name === undefined ? input : { [name]: input }) as Input)),
  );

const encode = (
  split: Split,
  image: FrozenEncoder<tf.Tensor4D>,
  text: FrozenEncoder<TextInput>,
): Promise<FeatureCache> => encodeSplit({ split, image, text, batchSize: BATCH });

async function inInt8(towers: Towers, test: Split): Promise<FeatureCache> {
  const rows = Array.from({ length: BATCH }, (_, row) => row);
  const sample = { x: await test.images(rows) };
  const ids = { shape: ['batch', TOKENS], dtype: 'int32' } as const;
  using image = openExport(
    exportOnnx(
      towers.image,
      { x: { shape: ['batch', SIZE, SIZE, 3] } },
      { int8: { samples: [sample] } },
    ),
  );
  using text = openExport(
    exportOnnx(towers.text, { input_ids: ids, attention_mask: ids }, { int8: {} }),
  );
  disposeParams(sample);
  // Awaited here: the models are disposed when this returns.
  return await encode(
    test,
    frozen((x) => image.run({ x })['output']!),
    frozen(({ input_ids, attention_mask }) => text.run({ input_ids, attention_mask })['output']!),
  );
}
