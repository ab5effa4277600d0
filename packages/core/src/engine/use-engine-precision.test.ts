import { getBackend, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { requireBf16 } from '../../../tfjs-backend-openvino/src/openvino/processor';
import { EngineError } from '../errors';
import { absent } from './absent.testing';
import { cpu } from './cpu';
import type { Engine } from './engine';
import { isRegistered } from './probe';
import { useEngine } from './use-engine';
import { wasm } from './wasm';

afterEach(() => setBackend('cpu'));

describe('useEngine in a precision and on devices', () => {
  it('takes the variant of an engine that computes in bf16, or on more devices', async () => {
    const able: Engine = {
      ...absent,
      ...{ name: 'able', onlyByName: true },
      variant: ({ precision }) => (precision === 'tf32' ? undefined : cpu),
    };
    const table = [wasm, able];
    const bf16 = { engines: table, precision: 'bf16' } as const;
    expect(await useEngine('able', bf16)).toMatchObject({ backend: 'cpu', precision: 'bf16' });
    expect(await useEngine('auto', bf16)).toMatchObject({ name: 'able', precision: 'bf16' });
    expect(await useEngine('wasm')).toMatchObject({ precision: 'float32' });
    await expect(useEngine('able', { engines: table })).rejects.toThrow('is not installed');
    await expect(useEngine('wasm', bf16)).rejects.toThrow(
      'the engine "wasm" does not compute in bf16; expected one of able',
    );
    const two = { engines: table, devices: 2 };
    expect(await useEngine('auto', two)).toMatchObject({ name: 'able', devices: 2 });
    await expect(useEngine('wasm', { ...two, precision: 'tf32' })).rejects.toThrow(
      'does not compute in tf32 on 2 devices; expected precision "float32" and devices 1',
    );
    await expect(useEngine('able', { ...two, devices: 0 })).rejects.toThrow(/devices/);
    await expect(useEngine('cpu', { precision: 'int4' } as never)).rejects.toThrow(/precision/);
    await expect(useEngine('auto', { engines: [wasm], precision: 'bf16' })).rejects.toThrow(
      'expected precision "float32"',
    );
  });

  it('refuses bf16 on engines without it, and leaves the engine in use as it was', async () => {
    await useEngine('cpu');
    for (const name of ['onnx', 'onnx:cpu', 'onnx:webgpu', 'tensorflow', 'wasm', 'cpu']) {
      const refused = useEngine(name, { precision: 'bf16' });
      await expect(refused).rejects.toThrow(EngineError);
      await expect(refused).rejects.toThrow(
        `the engine "${name}" does not compute in bf16; expected one of `,
      );
    }
    await expect(useEngine('onnx:openvino', { precision: 'tf32' })).rejects.toThrow('in tf32');
    const engines: Engine[] = [cpu, { ...absent, variant: () => absent }];
    await expect(useEngine('auto', { engines, precision: 'bf16' })).rejects.toThrow(
      'no engine works here in bf16: absent (absent-backend is not installed). ' +
        'Install one of these, or leave precision and devices out.',
    );
    expect(getBackend()).toBe('cpu');
  });

  it('refuses bf16 on a processor without it, and never computes in float32 instead', async () => {
    const backend = 'onnx:openvino-bf16';
    if (isRegistered(backend)) removeBackend(backend);
    registerBackend(backend, () => {
      requireBf16({ processor: 'Core 2', hasBf16: false });
      throw new Error('it was let pass');
    });
    await expect(useEngine('onnx:openvino', { precision: 'bf16' })).rejects.toThrow(
      'useEngine: the engine "onnx:openvino" cannot be used: ' +
        'the processor (Core 2) has no instructions for bf16. Without them ' +
        'bf16 gains no time and loses accuracy; expected AVX512-BF16 or AMX. ' +
        'Use precision "float32", or use "auto".',
    );
    expect(getBackend()).toBe('cpu');
    expect(isRegistered(backend)).toBe(false);
  });
});
