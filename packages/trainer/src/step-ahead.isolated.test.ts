import { OnnxBackend, registerKernels } from '@crossweave/tfjs-backend-onnx/graph';
import { registerXlaBackend } from '@crossweave/tfjs-backend-xla';
import { backend, memory, registerBackend, setBackend, type DataId } from '@tensorflow/tfjs-core';
import type { PooledFeatures } from '@crossweave/core';
import { afterAll, describe, expect, it } from 'vitest';
import { named } from '../../tfjs-backend-onnx/test/left-out';
import { withoutPlugin } from '../../tfjs-backend-xla/test/plugin';
import { options, queued, run, tokenOptions, type Options } from './compile/compile.testing';
import type { TrainOptions } from './options';
import { disposeState, type TrainState } from './state';
import { contrastive, vectorSource } from './tiny.testing';
import { train } from './train';

/** ONNX Runtime as an engine whose results come later: its reads wait, and fail where they are told to. */
class Later extends OnnxBackend {
  reads = 0;
  failsAt = Infinity;

  override get isAsynchronous(): boolean {
    return true;
  }

  override async read(dataId: DataId): ReturnType<OnnxBackend['read']> {
    const fails = ++this.reads === this.failsAt;
    const values = await super.read(dataId);
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (fails) throw new Error('no memory for two steps');
    return values;
  }
}

registerKernels('later');
registerBackend('later', () => new Later());
const later = (): Later => backend() as unknown as Later;
afterAll(() => setBackend('cpu'));

/** What happens in a run, in order: `b` a batch is asked for, `s` a step is done. */
async function order(extra: Partial<Options>): Promise<string> {
  const source = vectorSource(22);
  const events: string[] = [];
  const data: Options['data'] = {
    ...source,
    async *batches(epoch, from) {
      for await (const batch of source.batches(epoch, from)) {
        events.push('b');
        yield batch;
      }
    },
  };
  using state = await train(
    options({ data, steps: 5, log: ({ kind }) => kind === 'step' && events.push('s'), ...extra }),
  );
  expect(state.step).toBe(5);
  return events.join('');
}

it('begins a step before the figures of the last are read, once', async () => {
  await setBackend('later');
  const runsOf = async (ahead: boolean): Promise<number> => {
    const { runs } = later().statistics;
    await order({ ahead });
    return later().statistics.runs - runs;
  };
  expect(await order({})).toBe('bbsbsbsbss');
  expect(await order({ ahead: false })).toBe('bsbsbsbsbs');
  expect(await order({ compile: 'never' })).toBe('bsbsbsbsbs');
  expect(await runsOf(true)).toBe(await runsOf(false));
  await setBackend('cpu');
  expect(await order({})).toBe('bsbsbsbsbs');
});

it('goes on without where a step cannot be read beside another', async () => {
  await setBackend('later');
  const held = memory().numTensors;
  const alone = await run(options({ ahead: false }));
  later().failsAt = later().reads + 8;
  const failed = await run(options());
  expect(failed.values).toEqual(alone.values);
  later().failsAt = later().reads + 8;
  expect(await order({})).toMatch(/bbs.*bsbs$/);
  later().failsAt = later().reads + 1;
  await expect(train(options({ ahead: false }))).rejects.toThrow('no memory for two steps');
  expect(memory().numTensors).toBe(held);
});

/** The same records and the same bits with and without. */
async function sameAhead<I, T, F extends PooledFeatures>(
  given: TrainOptions<I, T, F>,
): Promise<string[]> {
  const held = memory().numTensors;
  const [alone, ahead] = [await run({ ...given, ahead: false }), await run(given)];
  const told = ({ records }: typeof alone): object[] =>
    records.map((record) => ({ ...record, seconds: 0, dataSeconds: 0 }));
  expect(told(ahead)).toEqual(told(alone));
  expect(ahead.values).toEqual(alone.values);
  expect(memory().numTensors).toBe(held);
  return ahead.records.map(({ kind }) => kind);
}

const poisoned = { data: vectorSource(22, { poison: 5 }), loss: contrastive };

describe('trains to the same bits', () => {
  it('with dropout and drawn negatives, with a queue, with several batches a step', async () => {
    await setBackend('later');
    await sameAhead(tokenOptions({ steps: 4 }));
    await sameAhead(queued());
    await sameAhead(options({ accumulate: 2, steps: 3 }));
  });

  it('with a batch that is left out, after which rates are lower, and with a leap of the loss', async () => {
    await setBackend('later');
    const policy = { halveRate: true };
    expect(await sameAhead(options({ ...poisoned, onNonFinite: policy }))).toContain('skipped');
    const spikes = { deviations: 0.1, window: 3, every: 2 };
    expect(await sameAhead(options({ steps: 12, spikes }))).toContain('rollback');
  });

  it('up to the end of patience', async () => {
    await setBackend('later');
    const evaluate = ({ step }: TrainState): Promise<Record<string, number>> =>
      Promise.resolve({ score: -step });
    const best = { metric: 'score', patience: 2 };
    const kinds = await sameAhead(options({ evaluate, evaluateEvery: 1, best }));
    expect(kinds.filter((kind) => kind === 'step')).toHaveLength(3);
  });
});

it('ends with the state of the last good step: by a loss, an abort, and data that fails', async () => {
  await setBackend('later');
  const held = memory().numTensors;
  const failure = (await train(options(poisoned)).catch((error: unknown) => error)) as Error & {
    state: TrainState;
  };
  expect(failure).toMatchObject({ name: 'DivergenceError', tensor: 'image of the batch' });
  disposeState(failure.state);

  const abort = new AbortController();
  const log: Options['log'] = (record) =>
    record.kind === 'step' && record.step === 3 && abort.abort();
  const part = await train(options({ signal: abort.signal, log }));
  expect(part).toMatchObject({ step: 3, interrupted: true });
  const whole = await run(options());
  expect((await run(options({ start: part }))).values).toEqual(whole.values);
  disposeState(part);

  const source = vectorSource(22);
  const torn: Options['data'] = {
    ...source,
    async *batches(epoch, from) {
      let count = 0;
      for await (const batch of source.batches(epoch, from)) {
        yield batch;
        if (++count === 3) throw new Error('torn');
      }
    },
  };
  const saved: number[] = [];
  const checkpoint = ({ step }: TrainState): Promise<void> =>
    Promise.resolve(void saved.push(step));
  await expect(train(options({ data: torn, checkpoint }))).rejects.toThrow('torn');
  expect(saved).toEqual([3]);
  expect(memory().numTensors).toBe(held);
});

const reason = withoutPlugin();
it.skipIf(reason !== null)(named('trains to the same bits on XLA', reason), async () => {
  await setBackend(registerXlaBackend());
  await sameAhead(options());
  expect(await sameAhead(options({ ...poisoned, onNonFinite: 'skip' }))).toContain('skipped');
});
