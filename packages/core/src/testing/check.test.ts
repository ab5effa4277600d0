import { describe, expect, it } from 'vitest';
import { check, notApplicable, registerChecks } from './check';
import { lossChecks } from './loss';
import type { Loss } from '../contracts/loss';

it('says in its report which checks have nothing to look at, and why', () => {
  const titles: string[] = [];
  registerChecks('a loss', [check('adds up', () => undefined), notApplicable('ends', 'no end')], {
    describe: (title, body) => {
      titles.push(title);
      body();
    },
    it: (title) => titles.push(title),
  });
  expect(titles).toEqual(['a loss', 'adds up', 'ends (nothing to check: no end)']);
});

describe('of a loss without chance level and parameters', () => {
  const bare: Loss = {
    name: 'bare',
    compute: () => {
      throw new Error('not computed');
    },
  };
  it('names both', () => {
    const idle = lossChecks(() => bare).flatMap(({ notApplicable: why }) => why ?? []);
    expect(idle).toEqual(['the loss has no chance level', 'it has no parameters']);
  });
});
