import { useEngine } from '@crossweave/core/engine';
import { key } from '@crossweave/core';
import { randomUniform, type Tensor4D } from '@tensorflow/tfjs-core';
import { dualEncoder } from '@crossweave/fusion';
import { resnetSmall } from '@crossweave/image-encoder';
import { infoNCE } from '@crossweave/losses';
import { bertSmall } from '@crossweave/text-encoder';
import { adamW, jointModel, train } from '@crossweave/trainer';
import * as tf from '@tensorflow/tfjs-core';
const [size, chunk] = process.argv.slice(2).map(Number);
await useEngine();
const model = jointModel({ image: resnetSmall({ strides: [2, 2, 2] }), text: bertSmall({ vocabulary: 200, layers: 2 }), fusion: dualEncoder({ dim: 64 }) });
const data = { batchSize: size!, batchesPerEpoch: 100, async *batches(_e: number, from = 0) {
  for (let i = from; i < 100; i++) { const ids = Array.from({ length: size! }, (_, j) => `${i}-${j}`);
    yield { size: size!, ids, groups: ids, image: tf.randomNormal([size!, 64, 64, 3]) as Tensor4D, text: { input_ids: tf.randomUniform([size!, 20], 1, 199, 'int32') as tf.Tensor2D, attention_mask: tf.ones([size!, 20]) as tf.Tensor2D } }; } } };
let peak = 0; const t0: number[] = [];
await train({ model, loss: infoNCE(), data: data as never, steps: 2, key: key(1), optimizer: adamW(), ...(chunk ? { chunk } : {}), log: (r) => { if (r.kind === 'step') { t0.push(r.seconds); peak = Math.max(peak, process.resourceUsage().maxRSS / 1024); } } });
console.log(JSON.stringify({ size, chunk, peakMiB: Math.round(peak), seconds: t0.map((x) => x.toFixed(2)) }));
