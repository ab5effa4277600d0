import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { disposeBatch, disposeParams, key } from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import { loadPairs, makeVocabulary, pairBatches, vocabularyTokenizer } from '@crossweave/data';
import { resnet18 } from '@crossweave/image-encoder';
import { encodeSplit, measureFeatureStore } from '@crossweave/lab';
import { bertSmall } from '@crossweave/text-encoder';
import { makePictures } from '../pictures/make';

const usage = `npm run bench -- features [--count N]

Makes JPEG files of about 500 × 375 (default 5,000) and encodes them by a ResNet-18 twice with a store of
features: the first time computes, the second reads. After each, one epoch of batches of 64 of the features.
Tells the time and the processor time of all threads.`;

export async function featuresSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      count: { type: 'string', default: '5000' },
      help: { type: 'boolean', default: false },
    },
  });
  const count = Number(values.count);
  if (values.help || !Number.isInteger(count) || count < 64) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  await useEngine('onnx');
  const folder = await mkdtemp(join(tmpdir(), 'crossweave-features-'));
  try {
    await makePictures(join(folder, 'pictures'), count);
    const tokenizer = vocabularyTokenizer(makeVocabulary(['a picture']));
    const image = resnet18();
    const text = bertSmall({ tokenizer });
    const params = { image: image.init(key(0)), text: text.init(key(1)) };
    const store = join(folder, 'store');
    for (const time of ['first', 'second']) {
      const data = await timed(`${time} start, without decoding`, () =>
        loadPairs({
          captions: join(folder, 'pictures', 'captions.jsonl'),
          tokenizer,
          check: 'first',
          cacheBytes: 0,
        }),
      );
      const cache = await timed(`${time} time, encoding`, () =>
        encodeSplit({
          split: data.split('train'),
          image: { encoder: image, params: params.image },
          text: { encoder: text, params: params.text },
          store,
        }),
      );
      await timed(`${time} time, an epoch of ${count}`, async () => {
        const source = pairBatches(cache, { batchSize: 64, key: key(2) });
        for await (const batch of source.batches(0)) disposeBatch(batch);
      });
    }
    const { bytes } = await measureFeatureStore(store);
    console.log(`the store holds ${(bytes / 1e6).toFixed(0)} MB`);
    disposeParams(params.image);
    disposeParams(params.text);
    return 0;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function timed<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  const began = performance.now();
  const used = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(used);
  const seconds = ((performance.now() - began) / 1000).toFixed(2);
  console.log(`${what}: ${seconds} s, ${((user + system) / 1e6).toFixed(2)} s of processor`);
  return result;
}
