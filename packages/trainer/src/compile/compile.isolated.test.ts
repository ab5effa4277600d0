import type { PooledFeatures } from '@crossweave/core';
import { momentumContrastive } from '@crossweave/losses';
import { describe, expect, it } from 'vitest';
import { normalizeBranches } from '../balance/normalize-branches';
import { rowSource } from '../embedded.testing';
import type { TrainOptions } from '../options';
import { createOptimizer, optimizers } from '../optimizers/registry';
import { warmupCosine } from '../schedules/warmup';
import { copyOfState, disposeState, type TrainState } from '../state';
import { contrastive, vectorSource } from '../tiny.testing';
import {
  chunked,
  onOnnx,
  options,
  queued,
  run,
  sameBothWays,
  sharing,
  tokenOptions,
} from './compile.testing';

onOnnx();

describe('compiled and eager steps are equal', () => {
  const schedule = warmupCosine({ warmup: 3, steps: 8 });
  it.each(Object.keys(optimizers))('%s', async (name) => {
    const learningRate = { image: 0.05, text: 0.01, fusion: 0.02, loss: 0.02 };
    const optimizer = createOptimizer(name, {
      learningRate,
      ...(name !== 'schedule-free-adamw' && { schedule }),
    });
    await sameBothWays(options({ optimizer }));
  });

  it('with dropout, drawn negatives and batches in which pairs share a caption', async () => {
    await sameBothWays(tokenOptions());
  });

  it('with averages, a twin, changed gradients and parts that are unfrozen', async () => {
    await sameBothWays(options({ average: { decay: 0.9 }, modulate: normalizeBranches() }));
    await sameBothWays(
      options({ loss: momentumContrastive({ rampSteps: 5 }), teacher: { momentum: 0.9 } }),
    );
    await sameBothWays(options({ frozenUntil: (path) => (path.startsWith('image.') ? 3 : 0) }));
  });

  it('with a queue, also of pairs that share a caption with the batch', async () => {
    await sameBothWays(queued());
  });

  it('with several batches a step, with a batch in chunks, and with both', async () => {
    const average = { decay: 0.9 };
    await sameBothWays(
      options({ accumulate: 3, average, modulate: normalizeBranches(), steps: 4 }),
    );
    await sameBothWays(tokenOptions({ accumulate: 2, steps: 4 }));
    const data = sharing(rowSource(24, 6, { negatives: 1 }));
    for (const accumulate of [1, 2]) await sameBothWays(chunked({ data, accumulate }));
  });

  it('with a batch of several that is not finite', async () => {
    const { records } = await sameBothWays(
      options({
        data: vectorSource(22, { poison: 5 }),
        ...{ loss: contrastive, onNonFinite: 'skip', accumulate: 2 },
      }),
    );
    const [skipped] = records.filter(({ kind }) => kind === 'skipped');
    expect(skipped).toMatchObject({ tensor: 'image of the batch' });
  });

  it('with a batch that is not finite, whose policy lowers the rates', async () => {
    const { records } = await sameBothWays(
      options({
        data: vectorSource(22, { poison: 5 }),
        loss: contrastive,
        onNonFinite: { halveRate: true },
      }),
    );
    const skipped = records.filter(({ kind }) => kind === 'skipped');
    expect(skipped.length).toBeGreaterThan(0);
    expect(skipped[0]).toMatchObject({ tensor: 'image of the batch', rateFactor: 0.5 });
  });

  it('with a state that a leap of the loss goes back to', async () => {
    await sameBothWays(options({ steps: 12, spikes: { deviations: 0.1, window: 3, every: 2 } }));
  });
});

describe('ends with the same bits when it goes on from a saved state', () => {
  async function goesOn<I, T, F extends PooledFeatures>(given: TrainOptions<I, T, F>) {
    let saved: TrainState | undefined;
    const checkpoint = (state: TrainState): Promise<void> => {
      if (state.step === 3) saved = copyOfState(state);
      return Promise.resolve();
    };
    const whole = await run({ ...given, compile: 'always', checkpoint, checkpointEvery: 3 });
    const { values } = await run({ ...given, compile: 'always', start: saved! });
    expect(values).toEqual(whole.values);
    expect((await run({ ...given, compile: 'always' })).values).toEqual(whole.values);
    disposeState(saved!);
  }

  it('a step of one batch', () => goesOn(tokenOptions()));
  it('a step with a queue', () => goesOn(queued()));
  it('a step of several batches', () => goesOn(tokenOptions({ accumulate: 2, steps: 4 })));
  it('a step of a batch in chunks', () => goesOn(chunked()));
});
