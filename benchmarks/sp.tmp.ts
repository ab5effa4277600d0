import '@crossweave/tfjs-backend-onnx/register';
import { registerXlaBackend } from '@crossweave/tfjs-backend-xla';
import '@crossweave/tfjs-backend-xla/register';
import * as tf from '@tensorflow/tfjs-core';
import { foldIn, key, normal } from '@crossweave/core';
import { coAttention } from '@crossweave/fusion';
import { infoNCE, listwiseMatching } from '@crossweave/losses';
import { adamW, cachedEncoder, disposeState, jointModel, train } from '@crossweave/trainer';
import { Client } from '../packages/tfjs-backend-xla/src/pjrt/client';
const compile = Client.prototype.compile;
let k = 0;
Client.prototype.compile = function (m: string) {
  const t = process.cpuUsage().user, w = Date.now();
  try { return compile.call(this, m); }
  catch (e) { (await0)(m); throw new Error(String((e as Error).message).slice(0, 600)); }
  finally { if (Date.now() - w > 300) console.log('compile', this.devices, m.length, (process.cpuUsage().user - t) / 1e6, 's cpu', Date.now() - w, 'ms'); }
};
import { writeFileSync } from 'node:fs';
const await0 = (m: string) => writeFileSync(`/tmp/xlaw/bad${k++}.mlir`, m);
const [B, N, D] = [8, 3, 8];
const data: any = { batchSize: B, batchesPerEpoch: 50, async *batches(epoch: number, from = 0) {
  for (let i = from; i < 50; i++) { await Promise.resolve(); const of = foldIn(foldIn(key(5), epoch), i);
    const f = (s: string) => ({ tokens: normal(foldIn(of, s), [B, N, D]), mask: tf.ones([B, N]), pooled: normal(foldIn(of, 'pair'), [B, D]) });
    const ids = Array.from({ length: B }, (_, r) => `${i}.${r}`);
    yield { size: B, ids, groups: ids, image: f('image'), text: f('text') }; } } };
const towers = { image: cachedEncoder('image', { dim: D, tokens: N }), text: cachedEncoder('text', { dim: D, tokens: N }) };
const model = jointModel({ ...towers, fusion: coAttention({ dim: D, heads: 2, hidden: 16, layers: 1, dropout: 0.1 }) });
const loss: any = process.argv[2] === 'info' ? infoNCE() : listwiseMatching({ inBatch: 2 });
for (const devices of process.argv[3]!.split(',').map(Number)) {
  await tf.setBackend(registerXlaBackend({ devices }));
  const t = Date.now();
  const s = await train<any, any, any>({ model, loss, data, steps: 5, key: key(1), compile: 'always', optimizer: adamW({ learningRate: 0.01 }), log: (r: any) => r.kind === 'step' ? console.log(devices, r.step, r.loss) : r.kind === 'warning' ? console.log(r.message) : 0 });
  console.log('took', Date.now() - t); disposeState(s);
}
process.exit(0);
