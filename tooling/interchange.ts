/**
 * Shows that checkpoints go both ways between this project and PyTorch's libraries:
 *
 *   npx tsx --conditions=@crossweave/source --import ./benchmarks/source.mjs tooling/interchange.ts PYTHON
 *
 * Ours are opened by transformers' `from_pretrained` and torchvision's strict `load_state_dict`,
 * theirs by `loadCheckpoint`, whole and in shards, in float32 and float16; outputs are compared.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import '@tensorflow/tfjs-backend-cpu';
import { setBackend, tensor2d, tensor4d, tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import {
  inference,
  initialShapes,
  key,
  uniformArray,
  type Encoder,
  type Params,
  type TextInput,
} from '../packages/core/src/index';
import { loadCheckpoint, saveCheckpoint } from '../packages/checkpoints/src/node/index';
import { readJson } from '../packages/core/src/node/index';
import { resnet18 } from '../packages/image-encoder/src/index';
import { bert } from '../packages/text-encoder/src/index';

const [python = 'python3'] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'crossweave-interchange-'));
const script = fileURLToPath(new URL('./reference/interchange.py', import.meta.url));

const sizes = { vocabulary: 50, dim: 32, layers: 3, heads: 4, hidden: 64, maxPositions: 16 };
const text = bert({ ...sizes, pooling: 'pooler' });
const image = resnet18({ imageSize: 'any' });
const ids = [[2, 7, 11, 3]];
const pixels = [...uniformArray(key(5), 64 * 64 * 3)];

function pooledText(encoder: Encoder<TextInput>, params: Params): number[] {
  return tidy(() => {
    const input = {
      input_ids: tensor2d(ids, undefined, 'int32'),
      attention_mask: tensor2d([[1, 1, 1, 1]], undefined, 'int32'),
    };
    return [...encoder.apply(params, input, inference).pooled.dataSync()];
  });
}

function pooledImage(encoder: Encoder<Tensor4D>, params: Params): number[] {
  return tidy(() => {
    const input = tensor4d(pixels, [1, 64, 64, 3]);
    return [...encoder.apply(params, input, inference).pooled.dataSync()];
  });
}

function compare(what: string, ours: readonly number[], theirs: readonly number[]): void {
  const apart = Math.max(...ours.map((value, i) => Math.abs(value - (theirs[i] ?? NaN))));
  const size = Math.max(...ours.map(Math.abs));
  const passed = ours.length === theirs.length && apart <= 1e-4 * size;
  console.log(
    `${passed ? 'equal' : 'DIFFERENT'}: ${what} (largest difference ${apart.toExponential(1)})`,
  );
  if (!passed) process.exitCode = 1;
}

try {
  await setBackend('cpu');
  const [textParams, imageParams] = [text.init(key(1)), image.init(key(2))];
  execFileSync(python, [script, 'prepare', folder, JSON.stringify(sizes)], { stdio: 'inherit' });
  await saveCheckpoint(join(folder, 'bert', 'model.safetensors'), textParams);
  await saveCheckpoint(join(folder, 'bert-sharded', 'model.safetensors'), textParams, {
    shardBytes: 20_000,
  });
  await saveCheckpoint(join(folder, 'resnet18.safetensors'), imageParams);
  await writeFile(join(folder, 'inputs.json'), JSON.stringify({ ids, pixels }));
  execFileSync(python, [script, 'check', folder], { stdio: 'inherit' });
  const theirs = (await readJson(join(folder, 'outputs.json'))) as Record<string, number[]>;
  compare('our BERT in transformers', pooledText(text, textParams), theirs['bert']!);
  compare('our BERT in shards', pooledText(text, textParams), theirs['bert-sharded']!);
  compare('our ResNet-18 in torchvision', pooledImage(image, imageParams), theirs['resnet18']!);

  for (const name of ['saved-bert', 'saved-bert-sharded', 'saved-bert-half']) {
    const expected = initialShapes(text);
    const { params } = await loadCheckpoint(join(folder, name), { expected });
    compare(`transformers' ${name} here`, pooledText(text, params), theirs[name]!);
  }
  const saved = await loadCheckpoint(join(folder, 'saved-resnet18.safetensors'), {
    expected: initialShapes(image),
    ignoreUnexpected: ['fc'],
  });
  const reference = theirs['saved-resnet18']!;
  compare("torchvision's ResNet-18 here", pooledImage(image, saved.params), reference);
} finally {
  await rm(folder, { recursive: true });
}
