import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { useEngine } from '@crossweave/core/engine';
import { jit, OnnxBackend, registerOnnxBackend } from '@crossweave/tfjs-backend-onnx';
import '@crossweave/tfjs-backend-onnx/register';
import { registerXlaBackend } from '@crossweave/tfjs-backend-xla';
import '@crossweave/tfjs-backend-xla/register';
import * as tf from '@tensorflow/tfjs-core';
import type { State, Step } from '../steps/workload';
import { workloads } from '../steps/workloads';

const usage = `npm run bench -- soak [--model NAME] [--steps N] [--engine onnx|onnx:openvino|xla:cpu]

Trains a small model for N steps (default 10,000) on an engine (default onnx) four times, twice
traced anew each step and twice through jit, and shows that memory stays flat, that steps do not slow
down, and that the same run ends with the same bits. Exit code 1 if one of these does not hold.`;

interface Run {
  /** Of all parameters and optimizer states after the last step. */
  readonly digest: string;
  readonly first: Sample;
  readonly last: Sample;
  /** Least resident memory of the second half of the run, less that of the first half. */
  readonly grownMb: number;
}

interface Sample {
  readonly msPerStep: number;
  readonly residentMb: number;
  readonly tensors: number;
  readonly heldMb: number;
  readonly onDeviceMb: number;
  readonly sessions: number;
}

/** Registers the backend of an engine anew, and gives its name. */
const engines: Readonly<Record<string, () => string | Promise<string>>> = {
  onnx: () => registerOnnxBackend({ threads: 2 }),
  'onnx:openvino': async () => (await useEngine('onnx:openvino')).backend,
  'xla:cpu': () => registerXlaBackend(),
};

/** Steps between two samples. */
const STRIDE = 1000;
/** What a later sample may have more than the first: noise of the machine and of the collector. */
const SLOWER = 1.3;
const LARGER_MB = 32;

export async function soakSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: 'string', default: 'mlp' },
      steps: { type: 'string', default: '10000' },
      engine: { type: 'string', default: 'onnx' },
      help: { type: 'boolean', default: false },
    },
  });
  const steps = Number(values.steps);
  const found = workloads[values.model];
  const workload = found !== undefined && 'start' in found ? found : undefined;
  const register = engines[values.engine];
  const isRight = workload !== undefined && register !== undefined && Number.isInteger(steps);
  if (values.help || !isRight || steps < 2 * STRIDE) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  let holds = true;
  for (const mode of ['lazy', 'jit'] as const) {
    const runs: Run[] = [];
    for (let round = 1; round <= 2; round++) {
      // An unknown name gives null, although tfjs's type does not say so.
      const known: unknown = tf.findBackendFactory(values.engine);
      if (known !== null) tf.removeBackend(values.engine);
      await tf.setBackend(await register());
      console.log(`${mode}, run ${round}`);
      runs.push(await train(workload.start(), mode, steps));
    }
    const [a, b] = runs as [Run, Run];
    const verdicts = {
      'same bits': a.digest === b.digest,
      'memory flat': runs.every(
        ({ first, last, grownMb }) =>
          last.tensors === first.tensors &&
          last.heldMb === first.heldMb &&
          last.onDeviceMb === first.onDeviceMb &&
          last.sessions === first.sessions &&
          grownMb <= LARGER_MB,
      ),
      'no slow-down': runs.every(({ first, last }) => last.msPerStep <= first.msPerStep * SLOWER),
    };
    for (const [claim, is] of Object.entries(verdicts)) console.log(`  ${claim}: ${is}`);
    holds &&= Object.values(verdicts).every((is) => is);
  }
  return holds ? 0 : 1;
}

async function train(
  { state: initial, batch, step: plain }: { state: State; batch: State['params']; step: Step },
  mode: 'lazy' | 'jit',
  steps: number,
): Promise<Run> {
  const compiled = jit(plain, { donate: [0] });
  const step: Step = (state, inputs) => {
    if (mode === 'jit') return compiled(state, inputs);
    const next = plain(state, inputs);
    const kept = new Set<tf.Tensor>([...tensorsOf(next.state)]);
    for (const tensor of tensorsOf(state)) if (!kept.has(tensor)) tensor.dispose();
    return next;
  };
  let state = initial;
  const samples: Sample[] = [];
  let began = performance.now();
  for (let i = 1; i <= steps; i++) {
    const next = step(state, batch);
    state = next.state;
    const [loss] = await next.loss.data();
    next.loss.dispose();
    if (i % STRIDE > 0) continue;
    const sample = sampleOf((performance.now() - began) / STRIDE);
    samples.push(sample);
    console.log(`  step ${i}: loss ${loss?.toExponential(3) ?? ''}, ${JSON.stringify(sample)}`);
    began = performance.now();
  }
  const hash = createHash('sha256');
  for (const tensor of tensorsOf(state)) hash.update(await tensor.data());
  tf.dispose([...tensorsOf(state), ...Object.values(batch)]);
  compiled.dispose();
  const middle = samples.length >> 1;
  // Resident memory goes up until the collector runs, and down again.
  const least = (part: readonly Sample[]): number =>
    Math.min(...part.map(({ residentMb }) => residentMb));
  return {
    digest: hash.digest('hex'),
    // The first thousand compiles and fills the pools.
    first: samples[1]!,
    last: samples.at(-1)!,
    grownMb: least(samples.slice(middle)) - least(samples.slice(0, middle)),
  };
}

const tensorsOf = ({ params, optimizer }: State): tf.Tensor[] => [
  ...Object.values(params),
  ...Object.values(optimizer),
];

function sampleOf(msPerStep: number): Sample {
  const backend: object = tf.backend();
  if (!(backend instanceof OnnxBackend)) throw new Error('the backend does not compile graphs');
  const { numBytesHeld, numBytesOnDevice, numSessions } = backend.memory();
  const megabytes = (bytes: number): number => Number((bytes / 2 ** 20).toFixed(1));
  return {
    msPerStep: Number(msPerStep.toFixed(3)),
    residentMb: megabytes(process.memoryUsage().rss),
    tensors: tf.memory().numTensors,
    heldMb: megabytes(numBytesHeld),
    onDeviceMb: megabytes(numBytesOnDevice),
    sessions: numSessions,
  };
}
