import { withConfig } from '@crossweave/core/authoring';
import { testPartConfig } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { constant, warmupConstant } from '../schedules/warmup';
import { schedules } from '../schedules/registry';
import { startingAt } from '../schedules/starting-at';
import { adamW } from './adamw';
import { optimizers } from './registry';

const runner = { describe, it };
const own = (name: string) => withConfig(name, {}, () => 1);
const values = {
  schedule: [constant(), warmupConstant({ warmup: 3 })],
  rateScale: [own('a'), own('b')],
  decays: [own('a'), own('b')],
  isMatrix: [own('a'), own('b')],
} as const;
for (const [name, create] of Object.entries(optimizers)) {
  testPartConfig(name, create, runner, { values, required: { learningRate: 1 } });
}
for (const [name, { create }] of Object.entries(schedules)) {
  const required = {
    cosine: { warmup: 0, steps: 8 },
    linear: { warmup: 0, steps: 8 },
    constant: { warmup: 0 },
    'inverse-square-root': { warmup: 1 },
    'cosine-restarts': { first: 2 },
    'warmup-stable-decay': { warmup: 0, steps: 8, decay: 0 },
    'one-cycle': { steps: 8 },
  }[name as keyof typeof schedules];
  testPartConfig(name, create, runner, { required });
}

it('an optimizer with a function of the caller has no config', () => {
  const schedule = (step: number): number => 1 / (step + 1);
  expect(adamW({ schedule }).config).toBeUndefined();
  expect(adamW({ schedule: startingAt(2, schedule) }).config).toBeUndefined();
  expect(adamW({ schedule: startingAt(2, constant()) }).config?.settings.schedule).toEqual({
    part: 'startingAt',
    settings: { step: 2, schedule: { part: 'constant', settings: {} } },
  });
});
