import { OnnxBackend, registerKernels } from '@crossweave/tfjs-backend-onnx/graph';
import { backend, memory, registerBackend, setBackend } from '@tensorflow/tfjs-core';
import type { PooledFeatures } from '@crossweave/core';
import { afterAll, beforeEach, expect, it } from 'vitest';
import type { TrainOptions } from '../options';
import { train } from '../train';
import { chunked, onOnnx, options, run } from './compile.testing';

/** ONNX Runtime as an engine that compiles while JavaScript goes on: it waits for what the test gives. */
class Preparing extends OnnxBackend {
  /** What each compilation waits for. */
  wait: () => Promise<void> = () => Promise.resolve();
  prepared = 0;

  override compile(
    ...given: Parameters<OnnxBackend['compile']>
  ): ReturnType<OnnxBackend['compile']> {
    const made = super.compile(...given);
    made.prepare = async () => {
      this.prepared++;
      await this.wait();
    };
    return made;
  }
}

onOnnx();
registerKernels('preparing');
registerBackend('preparing', () => new Preparing());
const preparing = (): Preparing => backend() as unknown as Preparing;
beforeEach(async () => {
  await setBackend('preparing');
});
afterAll(() => setBackend('cpu'));

/** Trains on an engine that never ends compiling the step after so many, until it is stopped. */
async function stoppedAt<I, T, F extends PooledFeatures>(
  given: TrainOptions<I, T, F>,
  compilations: number,
): Promise<{ readonly kinds: string[]; readonly step: number; readonly interrupted: boolean }> {
  const held = memory().numTensors;
  const abort = new AbortController();
  const kinds: string[] = [];
  const before = preparing().prepared;
  preparing().wait = () =>
    preparing().prepared - before <= compilations
      ? Promise.resolve()
      : new Promise(() => setTimeout(() => abort.abort(), 20));
  const log: typeof given.log = ({ kind }) => kinds.push(kind);
  try {
    using state = await train({ ...given, log, signal: abort.signal });
    return { kinds, step: state.step, interrupted: state.interrupted };
  } finally {
    preparing().wait = () => Promise.resolve();
    expect(memory().numTensors).toBe(held);
  }
}

it('is stopped while a graph is compiled, and keeps the steps before', async () => {
  expect(await stoppedAt(options({ steps: 4 }), 0)).toEqual({
    ...{ kinds: [], step: 0, interrupted: true },
  });
  const { kinds, step } = await stoppedAt(options({ steps: 40 }), 3);
  expect(step).toBeGreaterThan(0);
  expect(kinds).toEqual(Array.from({ length: step }, () => 'step'));
});

it('is stopped within a step of several graphs, whose sums are given back', async () => {
  for (const compilations of [0, 1, 2, 3, 4]) {
    expect((await stoppedAt(chunked(), compilations)).interrupted).toBe(true);
  }
  for (const compilations of [0, 1, 2]) {
    const { interrupted } = await stoppedAt(options({ accumulate: 2 }), compilations);
    expect(interrupted).toBe(true);
  }
});

it('says so once where it takes longer than a second, and trains to the same bits', async () => {
  await setBackend('onnx');
  const want = await run(options({ steps: 3 }));
  await setBackend('preparing');
  let isFirst = true;
  preparing().wait = () => {
    const time = isFirst ? 1100 : 0;
    isFirst = false;
    return new Promise((resolve) => setTimeout(resolve, time));
  };
  const got = await run(options({ steps: 3 }));
  expect(got.records.map(({ kind }) => kind)).toEqual(['compiling', 'step', 'step', 'step']);
  expect(got.records[0]).toEqual({ kind: 'compiling', step: 1, epoch: 0 });
  expect(got.values).toEqual(want.values);
});

it('ends with the error of a log that fails meanwhile', async () => {
  const held = memory().numTensors;
  preparing().wait = () => new Promise(() => undefined);
  const log = (): never => {
    throw new Error('no room for the log');
  };
  await expect(train(options({ log }))).rejects.toThrow('no room for the log');
  expect(memory().numTensors).toBe(held);
});

it('compiles in its turn what could not be prepared', async () => {
  preparing().wait = () => Promise.reject(new Error('refused'));
  const { losses } = await run(options({ steps: 3 }));
  expect(losses).toHaveLength(3);
});
