import { expect, it } from 'vitest';
import type { BranchFigures, StepRecord } from '../records';
import { branchGuard } from './branch-guard';

const figures = (share: number, updateRatio: number): BranchFigures => ({
  ...{ gradientNorm: 1, effectiveRate: 1, share, updateRatio },
});

function step(branches: Readonly<Record<string, BranchFigures>>, at = 1): StepRecord {
  return {
    ...{ kind: 'step', step: at, epoch: 0, loss: 1, terms: {}, gradientNorm: 1 },
    ...{ learningRates: { image: 1e-3, text: 1e-7 }, branches, seconds: 0, dataSeconds: 0 },
  };
}

/** What it says in 40 such steps. */
function said(
  branches: Readonly<Record<string, BranchFigures>>,
  given: readonly string[] = [],
): string[] {
  const guard = branchGuard({ window: 10 }, new Set(given));
  const records = Array.from({ length: 40 }, (_, i) => guard(step(branches, i + 1)));
  return records.flatMap((record) =>
    record === undefined ? [] : [`${record.step} ${record.message} ${record.advice}`],
  );
}

it('says once which tower drowns, and what to do', () => {
  const text = said({
    image: figures(0.9, 2e-3),
    text: figures(0.001, 1e-6),
    fusion: figures(0.1, 1e-3),
  });
  expect(text).toHaveLength(1);
  expect(text[0]).toMatch(/^10 text drowns beside image: over the last 10 steps 0\.10 %/);
  expect(text[0]).toMatch(/Raise the learning rate of text \(now 1e-7\).*normalizeBranches/);
  const image = said({ image: figures(0.0001, 1e-6), text: figures(0.9, 2e-3) });
  expect(image[0]).toMatch(/image drowns beside text/);
});

it('is silent about towers that learn at different paces, and about one alone', () => {
  expect(said({ image: figures(0.85, 2.4e-3), text: figures(0.012, 9.5e-5) }, ['text'])).toEqual(
    [],
  );
  expect(said({ fusion: figures(1, 1e-3), loss: figures(0, 0.1) })).toEqual([]);
  // A rate of 0 is meant.
  expect(said({ image: figures(0, 0), text: figures(1, 1e-3) })).toEqual([]);
  expect(
    branchGuard(false)(step({ image: figures(0, 0.5), text: figures(1, 0.5) })),
  ).toBeUndefined();
});

it('says which branch is written over: sooner of one that began with given parameters', () => {
  const equal = { image: figures(0.6, 2.6e-3), text: figures(0.3, 4.5e-3) };
  const given = said(equal, ['text']);
  expect(given).toHaveLength(1);
  expect(given[0]).toMatch(/text is written over.*0\.45 % of its weights.*some 223 steps/);
  expect(said(equal)).toEqual([]);
  const wild = said({ image: figures(0.6, 0.05), text: figures(0.3, 0.04) });
  expect(wild.map((text) => text.slice(0, 24))).toEqual([
    '10 image is written over',
    '20 text is written over:',
  ]);
});

it('judges a branch from the first step at which it is trained', () => {
  const guard = branchGuard({ window: 10 });
  const both = { image: figures(0, 1e-3), text: figures(1, 1e-3) };
  const records = Array.from({ length: 20 }, (_, i) =>
    guard(step(i < 5 ? { text: figures(1, 1e-3) } : both, i + 1)),
  );
  expect(records.map((record) => record?.step)).toEqual([
    ...new Array<undefined>(19).fill(undefined),
    20,
  ]);
});
