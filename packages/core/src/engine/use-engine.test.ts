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
import { absent } from './absent.testing';
import { cpu } from './cpu';
import type { Engine, Precision } from './engine';
import { onnx, onnxCuda, onnxWebgpu } from './onnx';
import { onnxOpenvino } from './openvino';
import { isRegistered } from './probe';
import { engines } from './table';
import { tensorflow } from './tensorflow';
import { tensorflowGpu } from './tensorflow-gpu';
import { describeEngines, useEngine } from './use-engine';
import { wasm } from './wasm';
import { xlaCpu, xlaCuda } from './xla';

afterEach(() => setBackend('cpu'));

describe('useEngine', () => {
  it('takes the engine that is named', async () => {
    const choice = await useEngine('wasm');
    expect(choice).toMatchObject({ name: 'wasm', backend: 'wasm', rejected: [] });
    expect(getBackend()).toBe('wasm');
  });

  it('passes over what does not work and says why', async () => {
    const choice = await useEngine('auto', { engines: [absent, cpu] });
    expect(choice.name).toBe('cpu');
    expect(choice.rejected.map(({ name }) => name)).toEqual(['absent']);
    expect(choice.describe()).toBe(
      [
        "engine cpu: tfjs's kernels in plain JavaScript: for tests and small examples",
        '  not absent: absent-backend is not installed. Install it: npm install absent-backend',
      ].join('\n'),
    );
  });

  it('says once why engines of one package do not work', async () => {
    const choice = await useEngine('auto', {
      engines: [absent, { ...absent, name: 'away' }, cpu],
    });
    expect(choice.describe()).toContain('  not absent, away: absent-backend is not installed.');
  });

  it('puts engines together that say the same in brief', async () => {
    const without = (name: string): Engine => ({
      ...absent,
      name,
      probe: () =>
        Promise.resolve({ usable: false, reason: `no ${name}`, advice: 'Add it', brief: 'none' }),
    });
    const choice = await useEngine('auto', { engines: [without('one'), without('other'), cpu] });
    expect(choice.describe()).toMatch(/\n {2}not one, other: none$/);
    expect(choice.rejected[1]).toMatchObject({ name: 'other', reason: 'no other' });
  });

  it('finds one by itself, better than the fallbacks', async () => {
    const choice = await useEngine();
    expect(['tensorflow-gpu', 'xla:cuda', 'xla:rocm', 'xla:tpu', 'onnx']).toContain(choice.name);
    expect(getBackend()).toBe(choice.backend);
  });

  it('takes the provider that is named, or says what it needs', async () => {
    expect(await useEngine('onnx:cpu')).toMatchObject({ name: 'onnx', backend: 'onnx' });
    for (const { name } of [onnxWebgpu, onnxCuda, onnxOpenvino, xlaCpu]) {
      const outcome = await useEngine(name).catch((error: unknown) => error);
      if (outcome instanceof EngineError) {
        expect(outcome.message).toContain(`the engine "${name}" cannot be used: `);
        expect(outcome.message).toMatch(/, or use "auto"\.$/);
      } else {
        expect(outcome).toMatchObject({ name, backend: name });
      }
    }
    await expect(useEngine('onnx:tpu')).rejects.toThrow(/there is no engine "onnx:tpu".*onnx:cpu/);
    await expect(useEngine('wasm:cpu')).rejects.toThrow(EngineError);
  });

  it('says which plugin XLA lacks, and where it was looked for', async () => {
    const before = process.env['CROSSWEAVE_PJRT'];
    process.env['CROSSWEAVE_PJRT'] = '/nowhere';
    try {
      const probe = await xlaCpu.probe();
      // Once made, a backend stays.
      if (probe.usable) return;
      expect(probe.reason).toBe(
        'there is no PJRT plugin for cpu: CROSSWEAVE_PJRT names /nowhere, which is not there',
      );
      expect(probe.brief).toMatch(/^CROSSWEAVE_PJRT names no PJRT plugin for it\. Unset/);
      expect(probe.advice).toMatch(
        /^Unset CROSSWEAVE_PJRT and run npx crossweave engine add xla --cpu, /,
      );
    } finally {
      if (before === undefined) delete process.env['CROSSWEAVE_PJRT'];
      else process.env['CROSSWEAVE_PJRT'] = before;
    }
  });

  it('has variants of XLA for every precision that the platform has, and for devices', () => {
    const backendOf = (engine: Engine, precision: Precision, devices = 1): string | undefined =>
      engine.variant?.({ precision, devices })?.backend;
    expect(backendOf(xlaCpu, 'bf16')).toBe('xla:cpu-bf16');
    expect(backendOf(xlaCpu, 'float32', 4)).toBe('xla:cpu-x4');
    expect(backendOf(xlaCpu, 'tf32')).toBeUndefined();
    expect(backendOf(xlaCuda, 'tf32', 8)).toBe('xla:cuda-tf32-x8');
    expect(backendOf(onnxOpenvino, 'bf16')).toBe('onnx:openvino-bf16');
    expect(backendOf(onnxOpenvino, 'bf16', 2)).toBeUndefined();
  });

  it('says which library OpenVINO lacks, and where it was looked for', async () => {
    const before = process.env['CROSSWEAVE_OPENVINO'];
    process.env['CROSSWEAVE_OPENVINO'] = '/nowhere';
    try {
      const probe = await onnxOpenvino.probe();
      // Once made, a backend stays.
      if (probe.usable) return;
      expect(probe.reason).toBe(
        'OpenVINO is not installed: CROSSWEAVE_OPENVINO names /nowhere, which does not exist',
      );
      expect(probe.advice).toMatch(/^It comes as a Python package: .* CROSSWEAVE_OPENVINO=/);
    } finally {
      if (before === undefined) delete process.env['CROSSWEAVE_OPENVINO'];
      else process.env['CROSSWEAVE_OPENVINO'] = before;
    }
  });

  it('lets auto pass over what must be named', async () => {
    const own = { ...cpu, name: 'own', onlyByName: true };
    expect(await useEngine('auto', { engines: [own, wasm] })).toMatchObject({ name: 'wasm' });
    expect(await useEngine('own', { engines: [own, wasm] })).toMatchObject({ name: 'own' });
  });

  it('refuses an unknown name and tells the nearest', async () => {
    await expect(useEngine('tensorflow_gpu')).rejects.toThrow(
      'useEngine: there is no engine "tensorflow_gpu"; expected one of auto, tensorflow-gpu, ' +
        'xla:cuda, xla:rocm, xla:tpu, onnx, ' +
        'onnx:cpu, onnx:webgpu, onnx:cuda, onnx:openvino, xla:cpu, tensorflow, wasm, cpu. Did you mean "tensorflow-gpu"?',
    );
    await expect(useEngine('onxx')).rejects.toThrow(/"onnx"\?$/);
    await expect(useEngine('quantum-annealer')).rejects.toThrow(/wasm, cpu\.$/);
    expect(getBackend()).toBe('cpu');
  });

  it('throws when the named engine does not work, and leaves the backend as it was', async () => {
    await expect(useEngine('absent', { engines: [absent] })).rejects.toThrow(
      'useEngine: the engine "absent" cannot be used: absent-backend is not installed. ' +
        'Install it: npm install absent-backend, or use "auto".',
    );
    expect(getBackend()).toBe('cpu');
  });

  it('throws when nothing works at all', async () => {
    await expect(useEngine('auto', { engines: [absent] })).rejects.toThrow(
      'no engine works here: absent (absent-backend is not installed)',
    );
    await expect(useEngine('auto', { engines: [] })).rejects.toThrow(EngineError);
  });

  it("takes an engine of the user's own", async () => {
    const own: Engine = { ...cpu, name: 'own', aliases: ['own:fast'] };
    expect(await useEngine('own:fast', { engines: [own] })).toMatchObject({ name: 'own' });
  });

  it('holds no tensors', async () => {
    const before = memory().numTensors;
    await useEngine('wasm');
    await useEngine('cpu');
    expect(memory().numTensors).toBe(before);
  });
});

describe.each([tensorflowGpu, tensorflow])('$name', (engine) => {
  it('says what it computes with, or what is missing; leaves nothing half registered', async () => {
    const probe = await engine.probe();
    if (probe.usable) {
      expect(probe.detail).toMatch(/^TensorFlow \d+\.\d+\.\d+ on /);
      return;
    }
    expect(probe.reason).toMatch(
      /not installed$|native library is missing$|finds no GPU$|has the same name$/,
    );
    expect(probe.reason).not.toMatch(/\n|node_modules/);
    if (probe.reason.endsWith('library is missing')) {
      expect(probe.advice).toContain('npx crossweave engine add tensorflow');
    }
    if (isRegistered('tensorflow')) return;
    expect(getKernelsForBackend('tensorflow')).toEqual([]);
  });

  it('leaves gradients right though its import registers them a second time', async () => {
    await engine.probe();
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
      onnx: { usable: true, onlyByName: false },
      'onnx:webgpu': { onlyByName: true },
      'onnx:openvino': { onlyByName: false, ifFasterThan: 'onnx' },
    });
  });
});

describe('an engine', () => {
  it.each([onnx, wasm, cpu])('is tried by computing with it: $name', async (engine) => {
    expect(await engine.probe()).toMatchObject({ usable: true });
    expect(getBackend()).toBe(engine.backend);
  });
});
