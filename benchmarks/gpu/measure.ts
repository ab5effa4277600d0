/**
 * One row on XLA in a process of its own, on a machine that has Node, koffi and this bundled program
 * alone: `node measure.mjs NAME --platform cuda --precision bf16`. Prints one line of JSON, as
 * steps/measure.ts does.
 */
import { parseArgs } from 'node:util';
import { jit } from '@crossweave/tfjs-backend-onnx';
import { registerXlaBackend, type XlaBackendOptions } from '@crossweave/tfjs-backend-xla';
import * as tf from '@tensorflow/tfjs-core';
import { workloads } from '../steps/workloads';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    platform: { type: 'string', default: 'cpu' },
    precision: { type: 'string', default: 'float32' },
    batch: { type: 'string' },
    steps: { type: 'string', default: '20' },
    warmup: { type: 'string', default: '3' },
    /** 1: a loss is read when the next step has begun. */
    behind: { type: 'string', default: '0' },
  },
});
const [name = ''] = positionals;
const workload = workloads[name];
if (workload === undefined || !('start' in workload)) throw new Error(`no step is called ${name}`);
const platform = values.platform as XlaBackendOptions['platform'];
const precision = values.precision as XlaBackendOptions['precision'];
await tf.setBackend(registerXlaBackend({ platform, precision }));

const began = performance.now();
const rows = values.batch === undefined ? undefined : Number(values.batch);
const { state: initial, batch, step: plain } = workload.start(rows);
const step = jit(plain, { donate: [0], bake: workload.bake ?? false });
const [times, launches, losses]: [number[], number[], number[]] = [[], [], []];
const [steps, warmup] = [Number(values.steps), Number(values.warmup)];
const behind = Number(values.behind);
const unread: tf.Scalar[] = [];
const round = (milliseconds: number): number => Number(milliseconds.toPrecision(4));
let state = initial;
let first = 0;
for (let i = 0; i < warmup + steps; i++) {
  const start = performance.now();
  const next = step(state, batch);
  const launched = performance.now();
  state = next.state;
  unread.push(next.loss);
  if (unread.length > behind) losses.push(await read(unread.shift()!));
  const end = performance.now();
  if (i === 0) first = end - began;
  if (i < warmup) continue;
  times.push(round(end - start));
  launches.push(round(launched - start));
}
for (const loss of unread) losses.push(await read(loss));

async function read(loss: tf.Scalar): Promise<number> {
  const [value] = await loss.data();
  loss.dispose();
  return value!;
}

// Launches: milliseconds until a step was under way, which the wait for its loss follows.
console.log(JSON.stringify({ times, launches, losses, untilFirstStep: round(first) }));
process.exit(0);
