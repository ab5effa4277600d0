import { getBackend, memory, setBackend } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { cpu } from './cpu';
import type { Engine } from './engine';
import { measureEngines } from './measure';
import { adviceOnBf16, fastestFor, isClearlyFaster, timesAsFast, type EngineSpeed } from './speeds';
import { useEngine } from './use-engine';
import { wasm } from './wasm';

const speed = (
  engine: string,
  [product, convolution, elementwise]: readonly [number, number, number],
  precision: 'float32' | 'bf16' = 'float32',
): EngineSpeed => ({ engine, precision, product, convolution, elementwise });

const plain = speed('onnx', [4, 8, 2]);
const bf16 = speed('onnx:openvino', [2, 2, 2], 'bf16');

describe('speeds of engines', () => {
  it('compares by the geometric mean, with elementwise chains for training', () => {
    expect(timesAsFast(bf16, plain, 'features')).toBeCloseTo(Math.sqrt(2 * 4), 10);
    expect(timesAsFast(bf16, plain, 'training')).toBeCloseTo(Math.cbrt(2 * 4), 10);
    expect(fastestFor([plain, bf16], 'training')).toBe(bf16);
    expect(fastestFor([bf16, plain], 'features')).toBe(bf16);
    expect(fastestFor([], 'features')).toBeUndefined();
  });

  it('says what bf16 gains, and nothing where it gains nothing', () => {
    expect(adviceOnBf16([plain, bf16], 'onnx')).toBe(
      'bf16 would be about 2.0 times as fast for training and 2.8 times for features ' +
        '(engine onnx:openvino, precision bf16), with operands of products rounded to 8 bits',
    );
    expect(adviceOnBf16([plain, speed('x', [4, 9, 3], 'bf16')], 'onnx')).toBeUndefined();
    expect(adviceOnBf16([plain], 'onnx')).toBeUndefined();
  });

  it('calls an engine clearly faster if both uses gain a quarter', () => {
    const other = (...times: [number, number, number]): boolean =>
      isClearlyFaster([plain, speed('other', times)], 'other', 'onnx');
    expect(other(3, 6, 1.5)).toBe(true);
    expect(other(3.5, 7, 1.7)).toBe(false);
    expect(other(2, 4, 60)).toBe(false);
    expect(isClearlyFaster([plain, bf16], 'onnx:openvino', 'onnx')).toBe(false);
  });
});

describe('useEngine with speeds', () => {
  const own: Engine = {
    ...cpu,
    name: 'own',
    onlyByName: true,
    ifFasterThan: 'wasm',
    variant: () => cpu,
  };
  const options = { engines: [wasm, own] };
  const [slow, fast] = [speed('wasm', [4, 8, 2]), speed('own', [1, 1, 1])];

  it('takes the engine that computes the same and is clearly faster', async () => {
    expect(await useEngine('auto', { ...options, speeds: [slow, fast] })).toMatchObject({
      name: 'own',
      precision: 'float32',
    });
    expect((await useEngine('auto', options)).name).toBe('wasm');
    const even = { ...slow, engine: 'own' };
    expect((await useEngine('auto', { ...options, speeds: [slow, even] })).name).toBe('wasm');
    expect((await useEngine('wasm', { ...options, speeds: [slow, fast] })).name).toBe('wasm');
    await setBackend('cpu');
  });

  it('never takes bf16 by itself, and says what it would gain', async () => {
    const rounded = { ...fast, precision: 'bf16' } as const;
    const choice = await useEngine('auto', { ...options, speeds: [slow, rounded] });
    expect(choice).toMatchObject({ name: 'wasm', precision: 'float32' });
    expect(choice.describe()).toContain('\n  bf16 would be about 4.0 times as fast for training');
    expect((await useEngine('auto', options)).advice).toEqual([]);
    await setBackend('cpu');
  });

  it('refuses what is no speed', async () => {
    const wrong = [{ ...slow, product: 0 }];
    await expect(useEngine('auto', { ...options, speeds: wrong })).rejects.toThrow(/speeds\[0\]/);
  });
});

describe('measureEngines', () => {
  it('gives times or, while other programs compute, nothing; leaves out what does not work', async () => {
    await setBackend('cpu');
    const before = memory().numTensors;
    const broken: Engine = {
      ...cpu,
      name: 'broken',
      probe: () => Promise.resolve({ usable: false, reason: 'broken', advice: '' }),
    };
    const speeds = await measureEngines([broken, wasm]);
    expect(['', 'wasm']).toContain(speeds.map(({ engine }) => engine).join());
    for (const { product, convolution, elementwise } of speeds) {
      for (const time of [product, convolution, elementwise]) expect(time).toBeLessThan(2000);
    }
    expect(getBackend()).toBe('cpu');
    expect(memory().numTensors).toBe(before);
  });
});
