/**
 * Writes the StableHLO modules of steps to a folder, as they are for a GPU, which compile.py compiles
 * without one: `npx tsx --conditions=@crossweave/source --import ./benchmarks/source.mjs
 * benchmarks/gpu/modules.ts FOLDER`; with `--fixtures` those of the check against PyTorch's fixtures.
 * Needs a plugin for the CPU.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { jit } from '@crossweave/tfjs-backend-onnx';
import { OnnxBackend, registerKernels } from '@crossweave/tfjs-backend-onnx/graph';
import { findPlugin } from '@crossweave/tfjs-backend-xla';
import * as tf from '@tensorflow/tfjs-core';
import { XlaExecutor } from '../../packages/tfjs-backend-xla/src/execution/xla-executor';
import type { Precision } from '../../packages/tfjs-backend-xla/src/lowering/precision';
import { PRECISIONS } from '../../packages/tfjs-backend-xla/src/lowering/precision';
import { Client } from '../../packages/tfjs-backend-xla/src/pjrt/client';
import type { Executable } from '../../packages/tfjs-backend-xla/src/pjrt/executable';
import { Plugin } from '../../packages/tfjs-backend-xla/src/pjrt/plugin';
import { workloads } from '../steps/workloads';
import { fixtureCases } from './fixture-cases';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: 'cross-attention,bert-base,vit-b16,resnet50' },
    batch: { type: 'string' },
    /** Devices that share a batch. */
    devices: { type: 'string', default: '1' },
    fixtures: { type: 'boolean', default: false },
  },
});
const [folder = 'modules'] = positionals;
mkdirSync(folder, { recursive: true });
const devices = Number(values.devices);
const rows = values.batch === undefined ? undefined : Number(values.batch);
/** What is compiled before a step are its random parameters and such, in short modules. */
const STEP_LENGTH = 100_000;

class Written extends Error {}

function write(parts: readonly (string | undefined)[], text: string): void {
  const path = join(folder, `${parts.filter((part) => part !== undefined).join('-')}.mlir`);
  writeFileSync(path, text);
  console.log(path);
}

/** Makes a backend whose modules go through `compile`, and has tfjs use it. */
async function use(
  precision: Precision,
  compile: (client: Client, text: string) => Executable,
): Promise<OnnxBackend> {
  const client = Client.open(
    Plugin.load(findPlugin('cpu')),
    { cpu_device_count: devices },
    devices,
  );
  // Modules are written for the platform that the client says it is.
  Object.assign(client, { platform: 'cuda' });
  const now = (text: string): Executable => compile(client, text);
  const executor = new XlaExecutor({
    client,
    precision,
    compile: now,
    compileLater: (text) => Promise.resolve(now(text)),
  });
  const backend = new OnnxBackend({}, executor);
  registerKernels('modules');
  tf.registerBackend('modules', () => backend);
  await tf.setBackend('modules');
  return backend;
}

async function writeStep(name: string, precision: Precision): Promise<void> {
  const workload = workloads[name];
  if (workload === undefined || !('start' in workload)) throw new Error(`no step is ${name}`);
  const backend = await use(precision, (client, text) => {
    if (text.length < STEP_LENGTH) return client.compile(text);
    write([name, values.batch, devices === 1 ? undefined : `x${devices}`, precision], text);
    throw new Written();
  });
  const { state, batch, step } = workload.start(rows);
  if (devices > 1) for (const part of Object.values(batch)) backend.split(part);
  try {
    jit(step, { bake: workload.bake ?? false, donate: [0] })(state, batch);
    backend.graph.flush();
  } catch (error) {
    if (!(error instanceof Written)) throw error;
  }
  tf.removeBackend('modules');
}

/** The modules of fixtures, of which one may have several; equal ones are written once. */
async function writeFixtures(): Promise<void> {
  const written = new Set<string>();
  let current = '';
  await use('float32', (client, text) => {
    if (!written.has(text)) write([current, String(written.size)], text);
    written.add(text);
    return client.compile(text);
  });
  for (const { name, check } of fixtureCases('packages')) {
    current = name.replace(/\W+/g, '-');
    tf.tidy(check);
  }
}

if (values.fixtures) await writeFixtures();
else {
  for (const name of values.rows.split(',')) {
    for (const precision of PRECISIONS) await writeStep(name, precision);
  }
}
process.exit(0);
