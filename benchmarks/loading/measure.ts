/**
 * One way of reading a checkpoint, in a process of its own: `tsx … loading/measure.ts WAY FILE`.
 * Prints one line of JSON, a `Reading` (see suite.ts). The way `write` makes the file.
 */
import { readFileSync } from 'node:fs';
import { initialShapes, key, noDraws } from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import { loadCheckpoint, loadSafetensors, saveCheckpoint } from '@crossweave/checkpoints/node';
import { bertBase } from '@crossweave/text-encoder';
import * as tf from '@tensorflow/tfjs-core';
import type { Reading } from './suite';

const [way = '', path = ''] = process.argv.slice(2);

const encoder = bertBase({ pooling: 'pooler' });

const ways: Readonly<Record<string, (engine: string) => unknown>> = {
  readFileSync: () => readFileSync(path),
  loadSafetensors: () => loadSafetensors(path),
  loadCheckpoint: () => loadCheckpoint(path, { expected: initialShapes(encoder) }),
  init: () => encoder.init(key(0)),
  initialShapes: () => initialShapes(encoder),
  write: async () => {
    // Numbers that are not all the same, since an engine may keep those as one.
    const params = encoder.init(noDraws);
    const filled = Object.entries(params).map(([name, value]) => {
      const values = new Float32Array(value.size).map((_, i) => (i % 1000) / 1000);
      return [name, tf.tensor(values, value.shape)] as const;
    });
    await saveCheckpoint(path, Object.fromEntries(filled));
  },
};

const [name = '', engine = 'cpu'] = way.split('@');
await useEngine(engine);
const startMb = process.memoryUsage().rss / 2 ** 20;
const began = performance.now();
const result = await ways[name]!(engine);
const seconds = (performance.now() - began) / 1000;
// Linux and Node count it in kilobytes.
const peakMb = process.resourceUsage().maxRSS / 1024;
const reading: Reading = { seconds, startMb, peakMb };
console.log(JSON.stringify(reading));
// Held until here: what is measured includes it.
if (result === null) process.exitCode = 1;
