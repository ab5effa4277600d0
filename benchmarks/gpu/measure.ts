/**
 * One row on XLA in a process of its own, on a machine that has Node, koffi and this bundled program
 * alone: `node measure.mjs NAME --platform cuda`. Prints one line of JSON, as steps/measure.ts does.
 */
import { parseArgs } from 'node:util';
import { jit } from '@crossweave/tfjs-backend-onnx';
import { registerXlaBackend } from '@crossweave/tfjs-backend-xla';
import '@crossweave/tfjs-backend-xla/register';
import * as tf from '@tensorflow/tfjs-core';
import { workloads } from '../steps/workloads';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    platform: { type: 'string', default: 'cpu' },
    steps: { type: 'string', default: '20' },
    warmup: { type: 'string', default: '3' },
  },
});
const [name = ''] = positionals;
const workload = workloads[name];
if (workload === undefined || !('start' in workload)) throw new Error(`no step is called ${name}`);
const platform = values.platform as 'cpu' | 'cuda';
if (platform !== 'cpu') registerXlaBackend({ platform });
await tf.setBackend(`xla:${platform}`);

const { state: initial, batch, step: plain } = workload.start();
const step = jit(plain, { donate: [0], bake: workload.bake ?? false });
let state = initial;
const [times, losses]: [number[], number[]] = [[], []];
const [steps, warmup] = [Number(values.steps), Number(values.warmup)];
for (let i = 0; i < warmup + steps; i++) {
  const start = performance.now();
  const next = step(state, batch);
  state = next.state;
  const [loss] = await next.loss.data();
  next.loss.dispose();
  losses.push(loss!);
  if (i >= warmup) times.push(Number((performance.now() - start).toPrecision(4)));
}
console.log(JSON.stringify({ times, losses: [losses[0], losses.at(-1)] }));
process.exit(0);
