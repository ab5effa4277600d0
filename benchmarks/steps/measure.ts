/**
 * Our side of one row, in a process of its own: `tsx … steps/measure.ts NAME [options]`. Prints
 * one line of JSON, a `Measurement` (see processes.ts) and what helps to see where the time goes.
 */
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { nearestName } from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import { BACKEND_NAME, jit, OnnxBackend, registerOnnxBackend } from '@crossweave/tfjs-backend-onnx';
import '@crossweave/tfjs-backend-onnx/register';
import type { Scalar } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { nativeClock } from './native-clock';
import { workloads } from './workloads';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '2' },
    steps: { type: 'string', default: '10' },
    /** Steps before the counted ones: compiling, first touch of memory. */
    warmup: { type: 'string', default: '3' },
    /** `onnx` or another engine's name. */
    engine: { type: 'string', default: 'onnx' },
    /** The trainer's steps operation by operation. */
    eager: { type: 'boolean', default: false },
    /** `float32` or `bf16`, of the engine. */
    precision: { type: 'string', default: 'float32' },
    /** Path prefix for ONNX Runtime's profiles. */
    profile: { type: 'string' },
  },
});
const [name = ''] = positionals;
const workload = workloads[name];
if (workload === undefined) {
  const known = Object.keys(workloads);
  throw new Error(
    `There is no workload "${name}"; expected one of ${known.join(', ')}. Did you mean "${nearestName(name, known) ?? known[0]!}"?`,
  );
}

const native = nativeClock();
if (options.engine === 'onnx') {
  const { threads, profile } = options;
  tf.removeBackend(BACKEND_NAME);
  registerOnnxBackend({ threads: Number(threads), ...(profile !== undefined && { profile }) });
  await tf.setBackend(BACKEND_NAME);
} else {
  await useEngine(options.engine, { precision: options.precision as 'float32' | 'bf16' });
}

const megabytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
const round = (ms: number): number => Number(ms.toPrecision(4));

const startMb = megabytes(process.memoryUsage().rss);
const [times, work, losses]: [number[], number[], number[]] = [[], [], []];
/** Of each step the share that is not spent inside of ONNX Runtime. */
const outside: number[] = [];
const warmup = Number(options.warmup);
const all = warmup + Number(options.steps);
let used = process.cpuUsage();
/** Notes a step; of processor time all since the step before counts. */
function note(milliseconds: number, loss: number): void {
  losses.push(loss);
  const inside = native();
  const { user, system } = process.cpuUsage(used);
  used = process.cpuUsage();
  if (losses.length <= warmup) return;
  times.push(round(milliseconds));
  outside.push(1 - inside / milliseconds);
  work.push((user + system) / 1000);
}

if ('train' in workload) {
  await workload.train(all, options.eager ? 'never' : 'auto', note);
} else {
  const { state: initial, batch, step: plain } = workload.start();
  const step = jit(plain, { donate: [0], bake: workload.bake ?? false });
  let state = initial;
  for (let i = 0; i < all; i++) {
    const start = performance.now();
    const next = step(state, batch);
    state = next.state;
    const loss = await read(next.loss);
    note(performance.now() - start, loss);
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

async function read(loss: Scalar): Promise<number> {
  const [value] = await loss.data();
  loss.dispose();
  return value!;
}

const backend = tf.backend();
const engineRequire = createRequire(import.meta.resolve('@crossweave/tfjs-backend-onnx'));
const runtime = engineRequire('onnxruntime-node/package.json') as { version: string };
console.log(
  JSON.stringify({
    times,
    losses: [losses[0], losses.at(-1)],
    startMb,
    peakMb: megabytes(process.resourceUsage().maxRSS * 1024),
    cpuMs: round(Math.min(...work)),
    // Middle of the steps: of other engines than ONNX Runtime it means nothing.
    ...(options.engine === 'onnx' && { javascript: round(median(outside)) }),
    ...(backend instanceof OnnxBackend ? backend.statistics : {}),
    versions: { 'tfjs-core': tf.version_core, 'onnxruntime-node': runtime.version },
  }),
);
tf.removeBackend(tf.getBackend());
