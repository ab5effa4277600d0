/**
 * One row on XLA, or on ONNX Runtime's `webgpu`, in a process of its own, on a machine that has Node, koffi and this bundled program
 * alone: `node measure.mjs NAME --platform cuda --precision bf16`. Prints one line of JSON, as
 * steps/measure.ts does.
 */
import { parseArgs } from 'node:util';
import { jit, registerOnnxBackend } from '@crossweave/tfjs-backend-onnx';
import '@crossweave/tfjs-backend-onnx/register';
import { registerXlaBackend, type XlaBackendOptions } from '@crossweave/tfjs-backend-xla';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainerWorkload, Workload } from '../steps/workload';
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
if (workload === undefined) throw new Error(`no step is called ${name}`);
const { platform, precision } = values;
await tf.setBackend(
  platform === 'webgpu'
    ? registerOnnxBackend({ provider: platform })
    : registerXlaBackend({ platform, precision } as XlaBackendOptions),
);

const began = performance.now();
const times: number[] = [];
const launches: number[] = [];
const cpu: number[] = [];
const losses: number[] = [];
const [steps, warmup] = [Number(values.steps), Number(values.warmup)];
const behind = Number(values.behind);
const round = (milliseconds: number): number => Number(milliseconds.toPrecision(4));
let first = 0;
await ('train' in workload ? train(workload) : measure(workload));

/** The trainer's own steps, of which it begins one ahead by itself. */
async function train({ train: run }: TrainerWorkload): Promise<void> {
  await run(warmup + steps, 'auto', (milliseconds, loss) => {
    losses.push(loss);
    if (losses.length === 1) first = performance.now() - began;
    if (losses.length > warmup) times.push(round(milliseconds));
  });
}

async function measure({ start, bake = false }: Workload): Promise<void> {
  const rows = values.batch === undefined ? undefined : Number(values.batch);
  const { state: initial, batch, step: plain } = start(rows);
  const step = jit(plain, { donate: [0], bake });
  const unread: tf.Scalar[] = [];
  let state = initial;
  for (let i = 0; i < warmup + steps; i++) {
    const used = process.cpuUsage();
    const from = performance.now();
    const next = step(state, batch);
    const launched = performance.now();
    state = next.state;
    unread.push(next.loss);
    if (unread.length > behind) losses.push(await read(unread.shift()!));
    const end = performance.now();
    if (i === 0) first = end - began;
    if (i < warmup) continue;
    times.push(round(end - from));
    launches.push(round(launched - from));
    const { user, system } = process.cpuUsage(used);
    cpu.push((user + system) / 1000);
  }
  for (const loss of unread) losses.push(await read(loss));
}

async function read(loss: tf.Scalar): Promise<number> {
  const [value] = await loss.data();
  loss.dispose();
  return value!;
}

// Launches: milliseconds until a step was under way, which the wait for its loss follows. cpuMs: of the
// whole process in a step, the least, as peers tell it.
const cpuMs = cpu.length === 0 ? null : round(Math.min(...cpu));
console.log(JSON.stringify({ times, launches, losses, cpuMs, untilFirstStep: round(first) }));
process.exit(0);
