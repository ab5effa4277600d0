/**
 * Writes the StableHLO modules of steps to a folder, as they are for a GPU, which compile.py compiles
 * without one: `npx tsx --conditions=@crossweave/source --import ./benchmarks/source.mjs
 * benchmarks/gpu/modules.ts FOLDER`. Needs a plugin for the CPU.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { jit } from '@crossweave/tfjs-backend-onnx';
import { OnnxBackend, registerKernels } from '@crossweave/tfjs-backend-onnx/graph';
import { findPlugin } from '@crossweave/tfjs-backend-xla';
import * as tf from '@tensorflow/tfjs-core';
import { XlaExecutor } from '../../packages/tfjs-backend-xla/src/execution/xla-executor';
import { PRECISIONS } from '../../packages/tfjs-backend-xla/src/lowering/precision';
import { Client } from '../../packages/tfjs-backend-xla/src/pjrt/client';
import { Plugin } from '../../packages/tfjs-backend-xla/src/pjrt/plugin';
import { workloads } from '../steps/workloads';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: 'cross-attention,bert-base,vit-b16,resnet50' },
    batch: { type: 'string' },
    /** Devices that share a batch. */
    devices: { type: 'string', default: '1' },
  },
});
const [folder = 'modules'] = positionals;
mkdirSync(folder, { recursive: true });
const devices = Number(values.devices);
const rows = values.batch === undefined ? undefined : Number(values.batch);
/** What is compiled before a step are its random parameters and such, in short modules. */
const STEP_LENGTH = 100_000;

class Written extends Error {}

for (const name of values.rows.split(',')) {
  const workload = workloads[name];
  if (workload === undefined || !('start' in workload)) throw new Error(`no step is ${name}`);
  for (const precision of PRECISIONS) {
    const client = Client.open(
      Plugin.load(findPlugin('cpu')),
      { cpu_device_count: devices },
      devices,
    );
    const compile = (text: string) => {
      if (text.length < STEP_LENGTH) return client.compile(text);
      const parts = [name, values.batch, devices === 1 ? undefined : `x${devices}`, precision];
      const path = join(folder, `${parts.filter((part) => part !== undefined).join('-')}.mlir`);
      writeFileSync(path, text);
      console.log(path);
      throw new Written();
    };
    // Modules are written for the platform that the client says it is.
    Object.assign(client, { platform: 'cuda' });
    const backend = new OnnxBackend(
      {},
      new XlaExecutor({
        client,
        precision,
        compile,
        compileLater: (text) => Promise.resolve(compile(text)),
      }),
    );
    registerKernels('modules');
    tf.registerBackend('modules', () => backend);
    await tf.setBackend('modules');
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
}
process.exit(0);
