import * as node from 'onnxruntime-node';
import * as web from 'onnxruntime-web';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ExportedModel } from '../src';

/** One thread: more would be workers that outlive the tests. */
web.env.wasm.numThreads = 1;

interface Value {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: readonly number[];
}

type Values = Readonly<Record<string, Value>>;

const plain = (tensor: { dims: readonly number[]; type: string; data: unknown }): Value => ({
  shape: tensor.dims,
  dtype: tensor.type,
  values: Array.from(tensor.data as ArrayLike<number>, Number),
});

/** Runs an exported model in ONNX Runtime as a server has it, and as a browser has it. */
export async function runEverywhere(
  { model, externalData }: ExportedModel,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<{ readonly node: Values; readonly web: Values }> {
  const options =
    externalData === null
      ? {}
      : { externalData: [{ path: externalData.location, data: externalData.data }] };
  const results = { node: {}, web: {} };
  for (const [name, runtime] of [
    ['node', node],
    ['web', web],
  ] as const) {
    const session = await runtime.InferenceSession.create(model, options);
    const entries = Object.entries(feeds).map(([input, tensor]) => [
      input,
      new runtime.Tensor(tensor.dtype as 'float32', tensor.dataSync<'float32'>(), tensor.shape),
    ]);
    const outputs = await session.run(
      Object.fromEntries(entries) as web.InferenceSession.FeedsType,
    );
    results[name] = Object.fromEntries(
      Object.entries(outputs).map(([output, tensor]) => [output, plain(tensor)]),
    );
    await session.release();
  }
  return results;
}
