/**
 * `npm run bench -- curves [--steps N] [--only A,B]`: the losses of training steps on OpenVINO in
 * float32 and in bf16, from the same parameters on the same batch. Prints a table.
 */
import { parseArgs } from 'node:util';
import { useEngine } from '@crossweave/core/engine';
import { jit } from '@crossweave/tfjs-backend-onnx';
import type { Scalar } from '@tensorflow/tfjs-core';
import type { Workload } from '../steps/workload';
import { workloads } from '../steps/workloads';

const NAMES = ['mlp', 'dual-encoder', 'gmu', 'mfb', 'low-rank-tensor-fusion'];

/** Gives the exit code: 0 done, 2 bad usage. */
export async function curvesSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      steps: { type: 'string', default: '500' },
      only: { type: 'string', default: NAMES.join(',') },
    },
  });
  const steps = Number(values.steps);
  const names = values.only.split(',');
  const unknown = names.find((name) => stepsOf(name) === null);
  if (unknown !== undefined || !Number.isInteger(steps) || steps < 4) {
    const known = Object.keys(workloads)
      .filter((name) => stepsOf(name) !== null)
      .join(', ');
    console.error(`--steps: a whole number of at least 4; --only: some of ${known}`);
    return 2;
  }
  console.log(
    `| model | loss after 1, ${[4, 2, 1].map((part) => steps / part).join(', ')} steps, float32 | the same, bf16 | largest and mean difference, of the first loss |`,
  );
  console.log('| --- | --- | --- | --- |');
  for (const name of names) {
    const float32 = await lossesOf(name, 'float32', steps);
    const bf16 = await lossesOf(name, 'bf16', steps);
    const [first = 1] = float32;
    const differences = float32.map((loss, i) => Math.abs(loss - (bf16[i] ?? NaN)) / first);
    const mean = differences.reduce((sum, each) => sum + each, 0) / differences.length;
    const shown = (losses: readonly number[]): string =>
      [0, steps / 4 - 1, steps / 2 - 1, steps - 1]
        .map((at) => (losses[Math.floor(at)] ?? NaN).toPrecision(4))
        .join(', ');
    console.log(
      `| ${name} | ${shown(float32)} | ${shown(bf16)} | ` +
        `${Math.max(...differences).toPrecision(2)}, ${mean.toPrecision(2)} |`,
    );
  }
  return 0;
}

/** A workload of single steps; null for any other. */
function stepsOf(name: string): Workload | null {
  const found = workloads[name];
  return found !== undefined && 'start' in found ? found : null;
}

async function lossesOf(
  name: string,
  precision: 'float32' | 'bf16',
  steps: number,
): Promise<number[]> {
  await useEngine('onnx:openvino', { precision });
  const { state: initial, batch, step: plain } = stepsOf(name)!.start();
  const step = jit(plain, { donate: [0] });
  const losses: number[] = [];
  let state = initial;
  for (let i = 0; i < steps; i++) {
    const next: { state: typeof state; loss: Scalar } = step(state, batch);
    state = next.state;
    const [loss] = await next.loss.data();
    next.loss.dispose();
    losses.push(loss!);
  }
  step.dispose();
  return losses;
}
