import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory } from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { validateResults } from '../ablation/validate-results';
import { equalityFusion } from '../tiny.testing';
import { compareFusions } from './compare-fusions';
import { armOf, tinyComparison, type TinyComparison } from './tiny-comparison.testing';

let out = '';
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'crossweave-compare-'));
});
afterEach(() => rm(out, { recursive: true, force: true }));

/** Runs until `when` says so of what is reported. */
async function interrupted(
  when: (progress: TinyComparison['seen'][number]) => boolean,
): Promise<TinyComparison['seen']> {
  const abort = new AbortController();
  const { options, seen } = tinyComparison(out, { signal: abort.signal });
  const end = await compareFusions({
    ...options,
    onProgress: (progress) => {
      seen.push(progress);
      if (when(progress)) abort.abort();
    },
  });
  expect(end.interrupted).toBe(true);
  return seen;
}

/** Runs to the end: results without what differs from run to run, and each trained fusion. */
async function finished(folder = out) {
  const { options, seen } = tinyComparison(folder);
  const end = await compareFusions(options);
  if (end.interrupted) throw new Error('nobody interrupted');
  const untimed = JSON.stringify(end.results, (name, value: unknown) =>
    name === 'seconds' ? 0 : value,
  );
  const weights = await Promise.all(
    ['equal-seed1', 'blind-seed1', 'equal-seed2', 'blind-seed2'].map((trial) =>
      readFile(join(folder, 'trials', trial, 'fusion.safetensors'), 'base64'),
    ),
  );
  return { seen, results: end.results, bits: [untimed, ...weights] };
}

const stepsOf = (seen: TinyComparison['seen'], stage: 'towers' | 'training'): string[] =>
  seen.flatMap((each) => {
    if (each.stage !== stage || !('record' in each) || each.record.kind !== 'step') return [];
    const who = each.stage === 'training' ? `${each.arm} ${each.seed} ` : '';
    return [`${who}${each.record.step}`];
  });

describe('compareFusions', () => {
  it('trains towers, encodes, trains every arm under every seed, and leaks nothing', async () => {
    const before = memory().numTensors;
    const { results: raw, seen } = await finished();
    expect(memory().numTensors).toBe(before);
    const results = validateResults(raw);
    const [equal, blind] = results.arms;
    // A difference and its square, or a product with 0; one number a pair.
    expect(equal).toMatchObject({ params: 4, flops: 3 });
    expect(blind).toMatchObject({ params: 4, flops: 1 });
    expect(equal?.summary['matching.accuracy']?.mean).toBe(1);
    expect(blind?.summary['matching.accuracy']?.mean).toBe(0.5);
    expect(results.comparisons.find(({ metric }) => metric === 'matching.accuracy')).toMatchObject({
      a: 'equal',
      b: 'blind',
      difference: 0.5,
    });
    expect(new Set(seen.map(({ stage }) => stage))).toEqual(
      new Set(['towers', 'encoding', 'trial', 'training']),
    );
    const folder = join(out, 'trials', 'equal-seed1');
    expect((await readdir(folder)).sort()).toEqual([
      'fusion.safetensors',
      'metrics.jsonl',
      'run.json',
    ]);
  });

  it('holds the arms against the towers alone, floors and chance', async () => {
    const { results } = await finished();
    expect(results.baselines.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      'towers towers alone',
      'floor image-blind',
      'floor bag-of-words',
    ]);
    const towers = results.baselines[0]!;
    expect(towers.metrics['matching.accuracy']).toBe(1);
    expect(Object.keys(towers.metrics).sort()).toEqual(Object.keys(results.chance!).sort());
    const over = results.comparisons.find(
      ({ a, b, metric }) => a === 'blind' && b === 'towers alone' && metric === 'matching.accuracy',
    )!;
    expect(over.difference).toBe(-0.5);
    expect(over.over).toBe('seeds and queries');
    expect(results.chance?.['matching.accuracy']).toBe(0.5);
    // Eight images: ten candidates are more than there are.
    expect(results.notShown['retrieval.t2i.r10']).toBe('chance is 1.000');
    expect(results.data).toMatchObject({ fingerprint: 'f', test: { images: 8, texts: 16 } });
  });

  it('goes on where it was stopped, with the same bits: in the towers, in a trial, between trials', async () => {
    const whole = await mkdtemp(join(tmpdir(), 'crossweave-whole-'));
    const expected = await finished(whole);
    await rm(whole, { recursive: true });

    const before = memory().numTensors;
    const first = await interrupted(
      (progress) => progress.stage === 'towers' && progress.record.step === 2,
    );
    expect(stepsOf(first, 'towers')).toEqual(['1', '2']);
    const second = await interrupted(
      (progress) =>
        progress.stage === 'training' && progress.arm === 'blind' && progress.record.step === 2,
    );
    expect(stepsOf(second, 'towers')).toEqual(['3']);
    expect(stepsOf(second, 'training').slice(-2)).toEqual(['blind 1 1', 'blind 1 2']);
    const third = await interrupted(
      (progress) => progress.stage === 'trial' && progress.kind === 'finished',
    );
    expect(third[0]).toEqual({ stage: 'towers-reused' });
    expect(stepsOf(third, 'training')).toEqual(['blind 1 3']);

    const last = await finished();
    expect(memory().numTensors).toBe(before);
    expect(stepsOf(last.seen, 'training')[0]).toBe('equal 2 1');
    expect(last.bits).toEqual(expected.bits);
  });

  it('sets damaged files aside with a note, and ends with the same bits', async () => {
    await interrupted((progress) => progress.stage === 'training' && progress.record.step === 2);
    const [towers] = (await readdir(out)).filter((name) => name.startsWith('towers-'));
    const checkpoints = [join(out, towers!), join(out, 'trials', 'equal-seed1')];
    for (const folder of checkpoints) {
      const [name] = (await readdir(join(folder, 'checkpoints'))).filter((each) =>
        each.includes('params'),
      );
      const file = join(folder, 'checkpoints', name!);
      const bytes = await readFile(file);
      await writeFile(file, bytes.subarray(0, bytes.length - 3));
    }
    const again = await finished();
    const notes = again.seen.flatMap((each) => (each.stage === 'note' ? [each.message] : []));
    expect(notes).toEqual([
      expect.stringMatching(/^The towers are trained again: .*params\.safetensors/),
      expect.stringMatching(/^equal, seed 1 starts again: .*params\.safetensors/),
    ]);

    await writeFile(join(out, 'trials', 'blind-seed2.json'), '{');
    await writeFile(join(out, 'trials', 'blind-seed2', 'metrics.jsonl'), '{"step": "x"}\n');
    const third = await finished();
    expect(third.bits).toEqual(again.bits);
    expect(stepsOf(third.seen, 'training')).toEqual(['blind 2 1', 'blind 2 2', 'blind 2 3']);
    const discarded = third.seen.filter(
      (each) => each.stage === 'trial' && each.kind === 'discarded',
    );
    expect(discarded).toHaveLength(1);
  });

  it('trains towers anew under another recipe, beside the old ones, and an arm of another', async () => {
    await finished();
    const recipe = { towers: { steps: 4 }, arms: { equal: {}, blind: {} } };
    const changed = tinyComparison(out, { recipe });
    await compareFusions(changed.options);
    expect(changed.seen.some(({ stage }) => stage === 'towers-reused')).toBe(false);
    const folders = (await readdir(out)).filter((name) => name.startsWith('towers-'));
    expect(folders).toHaveLength(2);

    // A trial that was begun under one recipe does not go on under another.
    const arms = { equal: {}, blind: { rate: 2 } };
    const other = tinyComparison(out, { recipe: { ...recipe, arms } });
    await compareFusions(other.options);
    expect(stepsOf(other.seen, 'training')).toEqual(
      [1, 2].flatMap((seed) => [1, 2, 3].map((step) => `blind ${seed} ${step}`)),
    );
    expect(other.seen.some(({ stage }) => stage === 'note')).toBe(false);
  });

  it('trains without false captions where there are none, and says so', async () => {
    const arms = [armOf('equal', equalityFusion('joint'), { negatives: { upTo: 2 } })];
    const { options, seen } = tinyComparison(out, { arms }, ({ id, captions }) => ({
      id,
      captions,
    }));
    const end = await compareFusions(options);
    if (end.interrupted) throw new Error('nobody interrupted');
    const note = expect.stringContaining('The pairs of the train split have no false captions');
    expect(end.results.notes).toEqual([note]);
    expect(seen[0]).toEqual({ stage: 'note', message: note });
    expect(end.results.baselines[0]).toMatchObject({ name: 'towers alone' });
    expect(end.results.arms[0]!.summary['matching.accuracy']).toBeUndefined();
    expect(end.results.arms[0]!.summary['retrieval.i2t.r1']!.mean).toBe(1);
  });
});
