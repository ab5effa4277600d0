import {
  getBackend,
  getKernelsForBackend,
  grad,
  memory,
  setBackend,
  softmax,
  sum,
  square,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import '../gradients';
import { EngineError } from '../errors';
import { cpu } from './cpu';
import type { Engine } from './engine';
import { onnx } from './onnx';
import { isRegistered } from './probe';
import { engines } from './table';
import { tensorflow } from './tensorflow';
import { tensorflowGpu } from './tensorflow-gpu';
import { describeEngines, useEngine } from './use-engine';
import { wasm } from './wasm';

afterEach(() => setBackend('cpu'));

describe('useEngine', () => {
  it('takes the engine that is named', async () => {
    const choice = await useEngine('wasm');
    expect(choice).toMatchObject({ name: 'wasm', backend: 'wasm', rejected: [] });
    expect(getBackend()).toBe('wasm');
  });

  it('passes over what does not work and says why', async () => {
    const choice = await useEngine('auto', { engines: [tensorflowGpu, tensorflow, cpu] });
    expect(choice.name).toBe('cpu');
    expect(choice.rejected.map(({ name }) => name)).toEqual(['tensorflow-gpu', 'tensorflow']);
    expect(choice.describe()).toBe(
      [
        "engine cpu: tfjs's kernels in plain JavaScript: for tests and small examples",
        `  not tensorflow-gpu: ${choice.rejected[0]!.reason}. ${choice.rejected[0]!.advice}`,
        '  not tensorflow: @tensorflow/tfjs-node is not installed. Install it: npm install @tensorflow/tfjs-node',
      ].join('\n'),
    );
  });

  it('finds one by itself, better than the fallbacks', async () => {
    const choice = await useEngine();
    expect(['tensorflow-gpu', 'onnx']).toContain(choice.name);
    expect(getBackend()).toBe(choice.backend);
  });

  it('takes a provider where the engine has it', async () => {
    expect(await useEngine('onnx:cpu')).toMatchObject({ name: 'onnx', backend: 'onnx' });
    await expect(useEngine('onnx:webgl')).rejects.toThrow(
      'useEngine: the engine onnx has no provider "webgl"; expected one of onnx, onnx:cpu, ' +
        'onnx:webgpu, onnx:cuda; got onnx:webgl.',
    );
    await expect(useEngine('wasm:cpu')).rejects.toThrow(EngineError);
  });

  it('names the provider and its backend, or says why it does not start', async () => {
    const outcome = await useEngine('onnx:cuda').catch((error: unknown) => error);
    if (outcome instanceof EngineError) {
      expect(outcome.message).toMatch(/"onnx:cuda" cannot be used: .* provider "cuda"/);
      expect(getBackend()).toBe('cpu');
    } else {
      expect(outcome).toMatchObject({ name: 'onnx:cuda', backend: 'onnx:cuda' });
    }
  });

  it('refuses an unknown name and tells the nearest', async () => {
    await expect(useEngine('tensorflow_gpu')).rejects.toThrow(
      'useEngine: there is no engine "tensorflow_gpu"; expected one of auto, tensorflow-gpu, onnx, ' +
        'onnx:cpu, onnx:webgpu, onnx:cuda, tensorflow, wasm, cpu. Did you mean "tensorflow-gpu"?',
    );
    await expect(useEngine('onxx')).rejects.toThrow(/"onnx"\?$/);
    await expect(useEngine('quantum-annealer')).rejects.toThrow(/wasm, cpu\.$/);
    expect(getBackend()).toBe('cpu');
  });

  it('throws when the named engine does not work, and leaves the backend as it was', async () => {
    await expect(useEngine('tensorflow')).rejects.toThrow(
      'useEngine: the engine "tensorflow" cannot be used: @tensorflow/tfjs-node is not installed. ' +
        'Install it: npm install @tensorflow/tfjs-node, or use "auto".',
    );
    expect(getBackend()).toBe('cpu');
  });

  it('throws when nothing works at all', async () => {
    await expect(useEngine('auto', { engines: [tensorflow] })).rejects.toThrow(
      'no engine works here: tensorflow (@tensorflow/tfjs-node is not installed)',
    );
    await expect(useEngine('auto', { engines: [] })).rejects.toThrow(EngineError);
  });

  it("takes an engine of the user's own", async () => {
    const own: Engine = { ...cpu, name: 'own', providers: ['fast'] };
    expect(await useEngine('own:fast', { engines: [own] })).toMatchObject({ name: 'own' });
    const asked: (string | undefined)[] = [];
    const probe: Engine['probe'] = (provider) => {
      asked.push(provider);
      return Promise.resolve({ usable: true, detail: 'own', backend: 'wasm' });
    };
    const engines = [{ ...own, providers: ['slow', 'fast'], probe }];
    expect(await useEngine('own:fast', { engines })).toMatchObject({
      name: 'own:fast',
      backend: 'wasm',
    });
    expect(await useEngine('own:slow', { engines })).toMatchObject({ name: 'own' });
    expect(asked).toEqual(['fast', undefined]);
  });

  it('holds no tensors', async () => {
    const before = memory().numTensors;
    await useEngine('wasm');
    await useEngine('cpu');
    expect(memory().numTensors).toBe(before);
  });
});

describe('tensorflow-gpu without its library', () => {
  it('says so, and leaves nothing half registered', async () => {
    const probe = await tensorflowGpu.probe();
    // On a machine with the library and a GPU there is nothing to explain.
    if (probe.usable) return;
    expect(probe.reason).toMatch(/not installed$|native library is not there$|no GPU answers$/);
    expect(probe.reason).not.toMatch(/\n|node_modules/);
    if (isRegistered('tensorflow')) return;
    expect(getKernelsForBackend('tensorflow')).toEqual([]);
  });

  it('leaves gradients right though its import registers them a second time', async () => {
    await tensorflowGpu.probe();
    const [got, expected] = tidy(() => {
      const x = tensor1d([0.1, -0.4, 0.7]);
      const s = softmax(x).dataSync<'float32'>();
      const inner = s.reduce((total, p) => total + 2 * p * p, 0);
      const slopes = grad((at) => sum(square(softmax(at))))(x).dataSync();
      return [[...slopes], [...s].map((p) => p * (2 * p - inner))];
    }) as unknown as [number[], number[]];
    got.forEach((slope, i) => expect(slope).toBeCloseTo(expected[i]!, 6));
  });
});

describe('describeEngines', () => {
  it('reports every engine and leaves the one in use', async () => {
    const reports = await describeEngines();
    expect(reports.map(({ name }) => name)).toEqual(engines.map(({ name }) => name));
    expect(getBackend()).toBe('cpu');
    const byName = Object.fromEntries(reports.map((report) => [report.name, report]));
    expect(byName).toMatchObject({
      cpu: { usable: true },
      wasm: { usable: true },
      onnx: { usable: true },
      tensorflow: { usable: false, reason: '@tensorflow/tfjs-node is not installed' },
    });
  });
});

describe('an engine', () => {
  it.each([onnx, wasm, cpu])('is tried by computing with it: $name', async (engine) => {
    expect(await engine.probe()).toMatchObject({ usable: true });
    expect(getBackend()).toBe(engine.backend);
  });
});
