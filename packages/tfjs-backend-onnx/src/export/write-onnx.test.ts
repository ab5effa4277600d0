import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import '../register';
import type { ExportedModel } from './export-onnx';
import { exportOnnx } from './export-onnx';
import { writeOnnx } from './write-onnx';

let folder: string;

beforeEach(async () => {
  await tf.setBackend('onnx');
  folder = await mkdtemp(join(tmpdir(), 'write-onnx-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function model(externalData?: string): ExportedModel {
  const w = tf.randomNormal<tf.Rank.R2>([32, 16], 0, 1, 'float32', 1);
  const f = ({ x }: { x: tf.Tensor2D }): tf.Tensor => tf.matMul(x, w);
  const options = externalData === undefined ? {} : { externalData };
  return exportOnnx(f, { x: { shape: ['batch', 32] } }, { ...options, parameters: { w } });
}

it('writes one file', async () => {
  const path = join(folder, 'm.onnx');
  const exported = model();
  expect(await writeOnnx(path, exported)).toEqual([path]);
  expect(new Uint8Array(await readFile(path))).toEqual(exported.model);
  expect(await readdir(folder)).toEqual(['m.onnx']);
});

it('writes the weights beside the model, where ONNX Runtime finds them', async () => {
  const path = join(folder, 'm.onnx');
  const exported = model('m.onnx.data');
  expect(await writeOnnx(path, exported)).toEqual([path, join(folder, 'm.onnx.data')]);
  expect((await readdir(folder)).sort()).toEqual(['m.onnx', 'm.onnx.data']);
  const inline = await InferenceSession.create(model().model);
  const session = await InferenceSession.create(path);
  const x = new Tensor('float32', Float32Array.from({ length: 64 }, Math.sin), [2, 32]);
  const [want, got] = [await inline.run({ x }), await session.run({ x })];
  expect(got['output']?.data).toEqual(want['output']?.data);
  await Promise.all([inline.release(), session.release()]);
});

it('leaves nothing behind when it cannot write', async () => {
  const exported = model('m.data');
  await expect(writeOnnx(join(folder, 'none', 'm.onnx'), exported)).rejects.toThrow(
    /none.m\.onnx' cannot be written: ENOENT/,
  );
  await expect(writeOnnx(join(folder, 'm.data'), exported)).rejects.toThrow(/both be 'm\.data'/);
  expect(await readdir(folder)).toEqual([]);
});
