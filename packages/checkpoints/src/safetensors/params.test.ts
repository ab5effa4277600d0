import { readFileSync } from 'node:fs';
import { complex, memory, tensor, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { FileFormatError, StateDictError, disposeParams, type Params } from '@crossweave/core';
import { parseSafetensors, serializeSafetensors } from './safetensors';
import { paramsFromSafetensors, paramsToSafetensors } from './params';

const reference = readFileSync(new URL('../../fixtures/reference.safetensors', import.meta.url));

describe('paramsFromSafetensors', () => {
  it('has the values of every type the reference implementation wrote', () => {
    const params = paramsFromSafetensors(parseSafetensors(reference));
    const read = (name: string): [string, number[]] => [
      params[name]!.dtype,
      Array.from(params[name]!.dataSync()),
    ];
    const numbers = [0, -1.5, 3.140625, 65504, 2 ** -14, -(2 ** -24)];
    expect(read('f16')).toEqual(['float32', numbers]);
    const thirds = numbers.map((value) => Math.fround(value / 3));
    expect(read('f32')).toEqual(['float32', thirds]);
    const [dtype, brain] = read('bf16');
    expect([dtype, brain[0], brain[1], brain[3]]).toEqual(['float32', 1, -2.5, Infinity]);
    expect(brain[2]! / 3e38).toBeCloseTo(1, 2);
    expect(read('f64')).toEqual(['float32', [Math.fround(0.1), Math.fround(-1e-3)]]);
    expect(read('i64')).toEqual(['int32', [-(2 ** 31), 2 ** 31 - 1, 7]]);
    expect(read('i32')).toEqual(['int32', [1, -2]]);
    expect(read('i16')).toEqual(['int32', [-32768, 32767]]);
    expect(read('i8')).toEqual(['int32', [-128, 127]]);
    expect(read('u8')).toEqual(['int32', [0, 255, 3]]);
    expect(read('bool')).toEqual(['bool', [1, 0, 1]]);
    expect(read('scalar')).toEqual(['float32', [0.5]]);
    expect(params['scalar']!.shape).toEqual([]);
    expect(params['empty']!.shape).toEqual([0, 3]);
    disposeParams(params);
  });

  it('knows half precision’s infinities and NaN', () => {
    tidy(() => {
      const data = new Uint8Array(new Uint16Array([0x7c00, 0xfc00, 0x7e00, 0x8000]).buffer);
      const stored = new Map([['x', { dtype: 'F16', shape: [4], data } as const]]);
      const values = paramsFromSafetensors({ tensors: stored, metadata: {} })['x']!.dataSync();
      expect(Array.from(values)).toEqual([Infinity, -Infinity, NaN, -0]);
    });
  });

  it.each([2n ** 31n, -(2n ** 31n) - 1n, 2n ** 62n])(
    'refuses %d and leaves no tensor behind',
    (value) => {
      const before = memory().numTensors;
      const bytes = serializeSafetensors([
        ['a', { dtype: 'U8', shape: [1], data: new Uint8Array(1) }],
        [
          'steps',
          { dtype: 'I64', shape: [1], data: new Uint8Array(new BigInt64Array([value]).buffer) },
        ],
      ]);
      expect(() => paramsFromSafetensors(parseSafetensors(bytes), 'm')).toThrow(FileFormatError);
      expect(() => paramsFromSafetensors(parseSafetensors(bytes), 'm')).toThrow(
        /m: value 0 of "steps"/,
      );
      expect(memory().numTensors).toBe(before);
    },
  );
});

describe('paramsToSafetensors', () => {
  it('round-trips parameters bit by bit, and does not touch them', async () => {
    const params: Params = {
      weight: tensor([1.1, -0, Infinity, 1e-40], [2, 2]),
      ids: tensor([1, -5], [2], 'int32'),
      mask: tensor([true, false], [2], 'bool'),
    };
    const before = memory().numTensors;
    const bytes = serializeSafetensors(await paramsToSafetensors(params));
    expect(memory().numTensors).toBe(before);
    const back = paramsFromSafetensors(parseSafetensors(bytes));
    expect(Object.keys(back).sort()).toEqual(Object.keys(params).sort());
    for (const [path, value] of Object.entries(params)) {
      expect(back[path]!.dtype).toBe(value.dtype);
      expect(back[path]!.shape).toEqual(value.shape);
      expect(back[path]!.dataSync()).toEqual(value.dataSync());
    }
    disposeParams(params);
    disposeParams(back);
  });

  it('refuses types that have no place in a file', async () => {
    const spectrum = complex([1], [2]);
    await expect(paramsToSafetensors({ spectrum })).rejects.toThrow(StateDictError);
    await expect(paramsToSafetensors({ spectrum })).rejects.toThrow(/"spectrum".*complex64/);
    spectrum.dispose();
  });
});
