import { describe, expect, it } from 'vitest';
import { tinyModel } from '../cli.testing';
import { optimizerFor } from '../config/build';
import { parseConfig } from '../config/parse';
import { trainSchema } from '../config/schema';
import { trainingNotes } from './training-notes';

function notes(training: object): string[] {
  const config = parseConfig(
    trainSchema,
    {
      ...tinyModel,
      data: { captions: 'c.jsonl' },
      training: { steps: 100, batchSize: 4, ...training },
    },
    'test',
  );
  return trainingNotes(config, optimizerFor(config.training));
}
const schedule = (name: string, options = {}): object => ({ schedule: { name, options } });

describe('trainingNotes', () => {
  it.each<[object, string]>([
    [
      { learningRate: { image: 0, text: 0, fusion: 0, loss: 0 } },
      'All learning rates are 0: nothing is trained.',
    ],
    [schedule('linear', { steps: 30 }), 'All learning rates are 0 from step 31 on, of 100.'],
    [{ warmup: 100 }, 'The warm-up of 100 steps does not end within the 100 of the run.'],
    [
      { warmup: 5, ...schedule('one-cycle') },
      'training.warmup (5) is not used: the schedule one-cycle has its own.',
    ],
    [
      { optimizer: { name: 'sgd', options: { learningRate: 0.1 } } },
      'training.weightDecay (0.01) is not used: sgd has no weight decay.',
    ],
    [
      { evaluate: { split: 'val', every: 101 } },
      '"val" is never measured while training: every 101 steps, of 100.',
    ],
  ])('%j', (training, note) => {
    expect(notes(training)).toEqual([note]);
  });

  it('says nothing of a run in which all of it has an effect', () => {
    expect(notes({})).toEqual([]);
    expect(notes({ steps: 1 })).toEqual([]);
    expect(notes({ warmup: 99, evaluate: { split: 'val', every: 100 } })).toEqual([]);
    expect(notes({ learningRate: { image: 0, text: 0 } })).toEqual([]);
    for (const name of ['linear', 'constant', 'inverse-square-root']) {
      expect(notes({ warmup: 5, ...schedule(name) })).toEqual([]);
    }
    expect(notes({ optimizer: { name: 'schedule-free-adamw', options: {} } })).toEqual([]);
  });
});
