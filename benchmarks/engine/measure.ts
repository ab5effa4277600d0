import type { Scalar } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { OnnxBackend } from '@crossweave/tfjs-backend-onnx';
import { BACKEND_NAME, registerOnnxBackend } from '@crossweave/tfjs-backend-onnx';
import '@crossweave/tfjs-backend-onnx/register';

/** Makes `onnx` the backend. Arguments: number of threads (default 2), prefix for profiles. */
export async function setUp(): Promise<void> {
  const [threads = '2', profile] = process.argv.slice(2);
  tf.removeBackend(BACKEND_NAME);
  registerOnnxBackend({
    threads: Number(threads),
    ...(profile === undefined ? {} : { profile }),
  });
  await tf.setBackend(BACKEND_NAME);
}

const ordered = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** Runs a step repeatedly; prints the least and the middle time and the CPU time, in ms a step. */
export async function measure(name: string, step: () => Scalar, steps = 12): Promise<void> {
  const totals: number[] = [];
  const traces: number[] = [];
  const cpu: number[] = [];
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    const used = process.cpuUsage();
    const loss = step();
    const traced = performance.now();
    losses.push((await loss.data())[0] as number);
    loss.dispose();
    if (i < 2) continue;
    const { user, system } = process.cpuUsage(used);
    traces.push(traced - start);
    totals.push(performance.now() - start);
    cpu.push((user + system) / 1000);
  }
  const [total, trace, work] = [ordered(totals), ordered(traces), ordered(cpu)];
  const backend = tf.backend() as OnnxBackend;
  console.log(
    JSON.stringify({
      name,
      leastMs: Math.round(total[0] as number),
      middleMs: Math.round(total[total.length >> 1] as number),
      traceMs: Math.round(trace[0] as number),
      cpuMs: Math.round(work[0] as number),
      losses: [losses[0], losses.at(-1)],
      ...backend.statistics,
      peakMb: Math.round(process.resourceUsage().maxRSS / 1024),
    }),
  );
  tf.removeBackend(BACKEND_NAME);
}
