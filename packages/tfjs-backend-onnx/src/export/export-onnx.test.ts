import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { readModel } from '../../test/read-model';
import { runEverywhere } from '../../test/runtimes';
import '../register';
import { checkExport } from './check-export';
import type { ExportOptions } from './export-onnx';
import { exportOnnx } from './export-onnx';
import type { Dynamic } from './inputs';

beforeEach(async () => {
  await tf.setBackend('onnx');
});

type Inputs = Record<string, tf.Tensor>;
type Outputs = tf.Tensor | Record<string, tf.Tensor>;

interface Case {
  readonly f: (inputs: Inputs) => Outputs;
  /** Inputs with `b` rows, and `t` of what else varies. */
  readonly inputs: (b: number, t: number) => Inputs;
  readonly shapes: Readonly<Record<string, readonly (number | string)[]>>;
  readonly dynamic?: Dynamic;
  readonly parameters?: Record<string, tf.Tensor>;
}

const random = (shape: number[], seed: number): tf.Tensor =>
  tf.randomNormal(shape, 0, 1, 'float32', seed);

/** A token for each place, the last third of each row padding. */
const mask = (b: number, n: number): tf.Tensor =>
  tf.tile(
    tf.tensor2d([Array.from({ length: n }, (_, i) => Number(i <= (2 * n) / 3))], [1, n], 'int32'),
    [b, 1],
  );

const layerNorm = (x: tf.Tensor): tf.Tensor => {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)));
};

function multilayer(): Case {
  const parameters = {
    'fc1.weight': random([6, 64], 1),
    'fc1.bias': random([64], 2),
    'fc2.weight': random([64, 3], 3),
  };
  return {
    f: ({ x }) => {
      const hidden = tf.fused.matMul({
        a: x as tf.Tensor2D,
        b: parameters['fc1.weight'],
        bias: parameters['fc1.bias'],
        activation: 'relu',
      });
      return tf.softmax(tf.matMul(hidden, parameters['fc2.weight']));
    },
    inputs: (b) => ({ x: random([b, 6], b) }),
    shapes: { output: ['batch', 3] },
    parameters,
  };
}

/** Two heads of width 4 over the tokens of a row, a residual path, and a layer norm. */
function attention(): Case {
  const [wq, wk, wv] = [1, 2, 3].map((seed) => random([8, 8], seed)) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  return {
    f: (inputs) => {
      const x = inputs['x'] as tf.Tensor3D;
      const [b, n, d] = x.shape;
      const heads = (w: tf.Tensor): tf.Tensor =>
        tf.transpose(tf.reshape(tf.matMul(x, w as tf.Tensor2D), [b, n, 2, d / 2]), [0, 2, 1, 3]);
      const real = tf.cast(inputs['mask'] as tf.Tensor, 'float32');
      const bias = tf.reshape(tf.mul(tf.sub(real, 1), 1e9), [b, 1, 1, n]);
      const scores = tf.matMul(tf.mul(heads(wq), 0.5), heads(wk), false, true);
      const seen = tf.matMul(tf.softmax(tf.add(scores, bias)), heads(wv));
      const joined = tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [b, n, d]);
      const tokens = layerNorm(tf.add(x, joined));
      return { tokens, pooled: tf.reshape(tf.slice(tokens, [0, 0, 0], [b, 1, d]), [b, d]) };
    },
    inputs: (b, t) => ({ x: random([b, t, 8], b), mask: mask(b, t) }),
    dynamic: { x: { 0: 'batch', 1: 'tokens' }, mask: { 0: 'batch', 1: 'tokens' } },
    shapes: { tokens: ['batch', 'tokens', 8], pooled: ['batch', 8] },
  };
}

/** [B, H, W, C] as in tfjs. */
function convolution(): Case {
  const filter = random([3, 3, 3, 8], 1) as tf.Tensor4D;
  const depthwise = random([3, 3, 8, 1], 2) as tf.Tensor4D;
  const [mean, offset, scale] = [3, 4, 5].map((seed) => random([8], seed) as tf.Tensor1D);
  const variance = tf.abs(random([8], 6)) as tf.Tensor1D;
  return {
    f: (inputs) => {
      const image = inputs['image'] as tf.Tensor4D;
      const first = tf.conv2d(image, filter, 2, 'same');
      const normed = tf.batchNorm(first, mean as tf.Tensor1D, variance, offset, scale, 1e-3);
      const second = tf.depthwiseConv2d(tf.relu(normed), depthwise, 1, 'same');
      const pooled = tf.maxPool(second, 2, 2, 'valid');
      return { map: pooled, pooled: tf.mean(pooled, [1, 2]) };
    },
    inputs: (b) => ({ image: random([b, 16, 12, 3], b) }),
    shapes: { map: ['batch', 4, 3, 8], pooled: ['batch', 8] },
  };
}

/** Tokens and their places looked up; what stands at the end of each row is picked. */
function embeddings(): Case {
  const words = random([20, 8], 1);
  const places = random([16, 8], 2);
  return {
    f: (inputs) => {
      const ids = inputs['ids'] as tf.Tensor2D;
      const [b, n] = ids.shape;
      const position = tf.slice(places, [0, 0], [n, 8]);
      const embedded = tf.add(tf.gather(words, ids), position);
      const end = tf.reshape(tf.argMax(ids, 1), [b, 1]);
      return { embedded, end: tf.gather(embedded, end, 1, 1) };
    },
    inputs: (b, t) => ({ ids: tf.cast(tf.randomUniform([b, t], 0, 19.9, 'float32', b), 'int32') }),
    dynamic: { ids: { 0: 'batch', 1: 'tokens' } },
    shapes: { embedded: ['batch', 'tokens', 8], end: ['batch', 1, 8] },
  };
}

/** Every image against every text, by one product and pair by pair. */
function scoring(): Case {
  const [image, text] = [random([8, 4], 1), random([6, 4], 2)] as [tf.Tensor2D, tf.Tensor2D];
  const unit = (x: tf.Tensor): tf.Tensor => tf.div(x, tf.norm(x, 2, -1, true));
  return {
    f: (inputs) => {
      const images = unit(tf.matMul(inputs['image'] as tf.Tensor2D, image));
      const texts = unit(tf.matMul(inputs['text'] as tf.Tensor2D, text));
      const pairs = tf.mul(tf.expandDims(images, 1), tf.expandDims(texts, 0));
      return {
        scores: tf.matMul(images, texts, false, true),
        pairs: tf.reshape(pairs, [-1, 4]),
      };
    },
    inputs: (b, t) => ({ image: random([b, 8], b), text: random([t, 6], t) }),
    dynamic: { image: { 0: 'images' }, text: { 0: 'texts' } },
    shapes: { scores: ['images', 'texts'], pairs: ['images*texts', 4] },
  };
}

const cases: Record<string, () => Case> = {
  'a multilayer perceptron': multilayer,
  'attention with a mask and layer norm': attention,
  'convolutions with batch norm': convolution,
  embeddings,
  'a dual encoder': scoring,
};

describe.each(Object.keys(cases))('%s', (name) => {
  it('runs at every size as a server and as a browser run it', async () => {
    const { f, inputs, shapes, dynamic, parameters } = (cases[name] as () => Case)();
    const options: ExportOptions = {
      ...(dynamic !== undefined && { dynamic }),
      ...(parameters !== undefined && { parameters }),
    };
    const exported = exportOnnx(f, inputs(2, 3), options);
    const read = readModel(exported.model);
    expect(Object.fromEntries(read.outputs.map((output) => [output.name, output.shape]))).toEqual(
      shapes,
    );
    expect(read.opsets).toEqual([['', 19]]);
    for (const [b, t] of [
      [1, 1],
      [3, 4],
      [8, 15],
    ] as const) {
      const given = inputs(b, t);
      expect(checkExport(exported, f, given).maxDifference).toBeLessThan(1e-5);
      const { node, web } = await runEverywhere(exported, given);
      for (const output of Object.keys(shapes)) {
        expect(web[output]?.shape).toEqual(node[output]?.shape);
        node[output]?.values.forEach((value, i) => {
          const other = web[output]?.values[i] as number;
          expect(Math.abs(value - other)).toBeLessThan(2e-5);
        });
      }
    }
  });
});

describe('a model', () => {
  it('has its weights by name, inside or beside it, with equal results', async () => {
    const { f, inputs, parameters = {} } = multilayer();
    const inside = exportOnnx(f, inputs(2, 0), { parameters });
    const beside = exportOnnx(f, inputs(2, 0), { parameters, externalData: 'm.data' });
    expect(inside.externalData).toBeNull();
    expect(beside.externalData?.location).toBe('m.data');
    expect(beside.model.length).toBeLessThan(inside.model.length);
    for (const { model } of [inside, beside]) {
      const named = readModel(model).initialisers.filter((tensor) => tensor.name in parameters);
      expect(named.map(({ name: path, shape }) => [path, shape])).toEqual(
        Object.entries(parameters).map(([path, { shape }]) => [path, shape]),
      );
    }
    const x = inputs(4, 0);
    const [want, got] = [await runEverywhere(inside, x), await runEverywhere(beside, x)];
    expect(got).toEqual(want);
  });

  it('says what it is', () => {
    const metadata = { classes: 'cat,dog' };
    const { f, inputs } = multilayer();
    const exported = exportOnnx(f, inputs(2, 0), { description: 'Cats or dogs.', metadata });
    expect(readModel(exported.model)).toMatchObject({ description: 'Cats or dogs.', metadata });
    expect(readModel(exported.model).producer[0]).toBe('@crossweave/tfjs-backend-onnx');
    expect(readModel(exported.model).producer[1]).toMatch(/^\d+\.\d+\.\d+/);
    expect(exported.opset).toBe(19);
    expect(exported.inputs).toEqual([
      { path: 'x', name: 'x', dtype: 'float32', shape: ['batch', 6] },
    ]);
  });

  it('takes nested inputs under names of choice, and fixed sizes', async () => {
    const f = ({ image }: { image: { pixels: tf.Tensor } }): readonly tf.Tensor[] => [
      tf.neg(image.pixels),
    ];
    const inputs = { image: { pixels: tf.tensor2d([[1, 2]]) } };
    const names = { inputs: { 'image.pixels': 'pixels' }, outputs: { 0: 'negative' } };
    const exported = exportOnnx(f, inputs, { names, dynamic: null });
    expect(exported.tracedAt).toEqual({});
    expect(readModel(exported.model)).toMatchObject({
      inputs: [{ name: 'pixels', shape: [1, 2] }],
      outputs: [{ name: 'negative', shape: [1, 2] }],
    });
    const { web } = await runEverywhere(exported, { pixels: inputs.image.pixels });
    expect(web['negative']?.values).toEqual([-1, -2]);
  });

  it('is the same, bit by bit, when exported again', () => {
    const { f, inputs } = attention();
    expect(exportOnnx(f, inputs(2, 3)).model).toEqual(exportOnnx(f, inputs(2, 3)).model);
  });
});

it('needs the backend, and a plain name for the weights', async () => {
  const { f, inputs } = multilayer();
  const x = inputs(2, 0);
  expect(() => exportOnnx(f, x, { externalData: '../w' })).toThrow(
    /externalData must be text that names a file/,
  );
  await tf.setBackend('cpu');
  expect(() => exportOnnx(f, x)).toThrow(/await tf\.setBackend\('onnx'\) first/);
});

describe('int64', () => {
  const f = ({ ids, x }: Inputs) => {
    const table = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    return {
      found: tf.mul(tf.gather(table, ids as tf.Tensor2D), x as tf.Tensor),
      next: tf.add(ids!, 1),
    };
  };
  const inputs = {
    ids: { shape: ['batch', 4], dtype: 'int32' },
    x: { shape: ['batch', 1, 1] },
  } as const;

  it('takes ids in the type of other libraries, and computes the same', () => {
    const exported = exportOnnx(f, inputs as never, { int64: ['ids'] });
    expect(readModel(exported.model).operators[0]).toMatchObject({ op: 'Cast', inputs: ['ids'] });
    const given = {
      ids: tf.tensor2d([0, 1, 2, 0, 2, 2, 1, 0], [2, 4], 'int32'),
      x: tf.ones([2, 1, 1]),
    };
    expect(checkExport(exported, f, given).maxDifference).toBe(0);
  });

  it('names inputs that are no ids', () => {
    for (const int64 of [['x'], ['id']]) {
      expect(() => exportOnnx(f, inputs as never, { int64 })).toThrow(
        /int64 names '.*', which is no input of int32/,
      );
    }
  });
});
