import { memory } from '@tensorflow/tfjs-core';
import { DataError, key, uniformArray } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { disposeState, type TrainState } from './state';
import { contrastive, vectorSource } from './tiny.testing';
import { train } from './train';
import { copyOf, options, values } from './train.testing';

describe('train, stopped', () => {
  it('hears a real timer within two steps, though every step blocks the thread', async () => {
    const abort = new AbortController();
    const { loss } = options();
    const blocking: typeof loss = {
      ...loss,
      compute: (...args) => {
        const end = performance.now() + 4;
        while (performance.now() < end);
        return loss.compute(...args);
      },
    };
    const saved: number[] = [];
    setTimeout(() => abort.abort(), 1);
    const result = await train(
      options({
        ...{ loss: blocking, steps: 500, signal: abort.signal },
        checkpoint: (state) => Promise.resolve(void saved.push(state.step)),
      }),
    );
    expect(result.interrupted).toBe(true);
    expect(result.step).toBeGreaterThan(0);
    expect(result.step).toBeLessThanOrEqual(2);
    expect(saved).toEqual([result.step]);
    disposeState(result);
  });

  it('ends with the same bits after an abort at any of ten random steps', async () => {
    const steps = 24;
    const whole = await train(options({ steps, loss: contrastive }));
    const expected = [values(whole.params), values(whole.optimizer)];
    const draws = [...uniformArray(key(11), 10)].map((u) => 1 + Math.floor(u * (steps - 3)));
    for (const at of draws) {
      const abort = new AbortController();
      const before = memory().numTensors;
      let held: TrainState | undefined;
      const part = await train(
        options({
          ...{ steps, signal: abort.signal },
          log: ({ step }) => step === at && setImmediate(() => abort.abort()),
          checkpoint: (state) => Promise.resolve(void (held = copyOf(state))),
        }),
      );
      expect(part.interrupted).toBe(true);
      expect(part.step - at).toBeLessThanOrEqual(2);
      expect(held!.step).toBe(part.step);
      const rest = await train(options({ steps, start: held! }));
      expect([values(rest.params), values(rest.optimizer)], `abort at ${at}`).toEqual(expected);
      [part, held!, rest].forEach(disposeState);
      expect(memory().numTensors).toBe(before);
    }
    disposeState(whole);
  });

  it('does not wait for a batch or an evaluation that is under way when the signal comes', async () => {
    const before = memory().numTensors;
    const source = vectorSource(10);
    const abort = new AbortController();
    let release = (): void => undefined;
    const saved: number[] = [];
    const slow = await train(
      options({
        signal: abort.signal,
        checkpoint: (state) => Promise.resolve(void saved.push(state.step)),
        data: {
          ...source,
          async *batches(epoch, from) {
            for await (const batch of source.batches(epoch, from)) {
              if (epoch === 1) {
                setTimeout(() => abort.abort(), 1);
                await new Promise<void>((resolve) => (release = resolve));
              }
              yield batch;
            }
          },
        },
      }),
    );
    expect([slow.step, slow.interrupted, ...saved]).toEqual([2, true, 2]);
    disposeState(slow);
    // The batch that came too late is disposed by whom it was made for.
    release();
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(memory().numTensors).toBe(before);

    const second = new AbortController();
    const evaluated = await train(
      options({
        signal: second.signal,
        evaluateEvery: 3,
        evaluate: async (_state, signal) => {
          setTimeout(() => second.abort(), 1);
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          throw signal.reason;
        },
      }),
    );
    expect([evaluated.step, evaluated.interrupted]).toEqual([3, true]);
    disposeState(evaluated);
  });

  it('saves what was trained when data or a hook fails', async () => {
    const source = vectorSource(10);
    const saved: number[] = [];
    const checkpoint = (state: TrainState) => Promise.resolve(void saved.push(state.step));
    const torn = {
      ...source,
      async *batches(epoch: number, from?: number) {
        if (epoch === 2) throw new DataError('a picture is damaged');
        yield* source.batches(epoch, from);
      },
    };
    await expect(train(options({ data: torn, checkpoint }))).rejects.toThrow('is damaged');
    const evaluate = (): Promise<never> => Promise.reject(new Error('no disk'));
    await expect(train(options({ evaluate, evaluateEvery: 3, checkpoint }))).rejects.toThrow();
    expect(saved).toEqual([4, 3]);
    let tries = 0;
    const full = (): Promise<void> => {
      tries++;
      return Promise.reject(new Error('no space'));
    };
    const run = train(options({ checkpoint: full, checkpointEvery: 2 }));
    await expect(run).rejects.toThrow('no space');
    expect(tries).toBe(1);
  });

  it('ends after the step under way when told to, with the state saved', async () => {
    const abort = new AbortController();
    const saved: number[] = [];
    const result = await train(
      options({
        signal: abort.signal,
        log: (record) => record.step === 2 && abort.abort(),
        checkpoint: (state) => Promise.resolve(void saved.push(state.step)),
      }),
    );
    expect(result).toMatchObject({ step: 2, interrupted: true });
    expect(saved).toEqual([2]);
    disposeState(result);
  });
});
