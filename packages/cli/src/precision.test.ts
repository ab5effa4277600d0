import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import {
  copyRegisteredKernels,
  findBackendFactory,
  registerBackend,
  removeBackend,
  setBackend,
} from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fixture, makeScenes, run, tinyModel, writeTiny } from './cli.testing';
import { exitCode } from './main';

let folder = '';
let captions = '';
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-precision-'));
  captions = await makeScenes(at('scenes'));
  await writeTiny(at('train.json'));
  const { fusion, ...towers } = tinyModel;
  const training = { loss: { name: 'info-nce' }, steps: 2, batchSize: 4 };
  await writeFile(
    at('ablate.json'),
    JSON.stringify({
      data: { captions, imageSize: 16, maxTokens: 20 },
      ...{ ...towers, towers: { ...training, fusion }, fusion: training },
      ...{ arms: { late: { name: 'dual-encoder', options: { dim: 4 } } }, seeds: [1] },
    }),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const model = (): string[] => ['--model', fixture('clip')];
const images = (): string[] => ['--images', at('scenes')];

const commands: Readonly<Record<string, () => string[]>> = {
  train: () => ['--config', at('train.json'), '--captions', captions, '--out', at('out')],
  ablate: () => ['--config', at('ablate.json'), '--out', at('out')],
  eval: () => [...model(), '--captions', captions],
  embed: () => [...model(), ...images(), '--out', at('out.npy')],
  search: () => ['a red circle', ...model(), ...images()],
  'zero-shot': () => [...model(), ...images(), '--labels', 'ring,circle'],
  dedupe: () => [...model(), ...images(), '--threshold', '0.9'],
};

it.each(Object.keys(commands))(
  '%s computes nothing in a precision that is not there',
  async (name) => {
    const refused = (engine: string, precision: string) =>
      run(name, ...commands[name]!(), '--engine', engine, '--precision', precision);
    for (const engine of ['onnx', 'cpu']) {
      const { code, stdout, stderr } = await refused(engine, 'bf16');
      expect(code, stderr).toBe(exitCode.failed);
      expect(stderr).toContain(`the engine "${engine}" does not compute in bf16; expected one of`);
      expect(stdout).toBe('');
    }
    const { code, stderr } = await refused('cpu', 'int8');
    expect(code, stderr).toBe(exitCode.usage);
    expect(stderr).toContain('int8');
    expect(['out', 'out.npy'].filter((each) => existsSync(at(each)))).toEqual([]);
  },
);

it('export writes float32 and has no other precision', async () => {
  const to = ['--out', at('towers')];
  const { code, stderr } = await run('export', ...model(), ...to, '--precision', 'bf16');
  expect(code).toBe(exitCode.usage);
  expect(stderr).toContain('--precision');
  expect(existsSync(at('towers'))).toBe(false);
});

it('an export, which another library computes, is refused in bf16', async () => {
  const towers = at('exported');
  const made = await run('export', ...model(), '--out', towers);
  expect(made.code, made.stderr).toBe(exitCode.done);
  // The kernels of cpu under the name of the backend that computes in bf16.
  const bf16 = 'onnx:openvino-bf16';
  if ((findBackendFactory(bf16) as unknown) !== null) removeBackend(bf16);
  registerBackend(bf16, () => new MathBackendCPU());
  copyRegisteredKernels('cpu', bf16);
  try {
    const inBf16 = ['--engine', 'onnx:openvino', '--precision', 'bf16'];
    const { code, stderr } = await run(
      'embed',
      '--model',
      towers,
      ...images(),
      ...inBf16,
      ...['--out', at('v.npy')],
    );
    expect(code).toBe(exitCode.usage);
    expect(stderr).toContain(
      'an export is computed in the numbers of its files; expected --precision float32; got bf16',
    );
    expect(existsSync(at('v.npy'))).toBe(false);
  } finally {
    await setBackend('cpu');
    removeBackend(bf16);
  }
});
