import { describe, expect, it } from 'vitest';
import { mapConcurrently } from './concurrency';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('mapConcurrently', () => {
  it('keeps the order and never exceeds the limit', async () => {
    let running = 0;
    let most = 0;
    const doubled = await mapConcurrently([5, 1, 4, 2, 3], 2, async (turns) => {
      most = Math.max(most, ++running);
      for (let i = 0; i < turns; i++) await turn();
      running--;
      return turns * 2;
    });
    expect(doubled).toEqual([10, 2, 8, 4, 6]);
    expect(most).toBe(2);
  });

  it('throws the first failure once the running calls have ended, and begins no more', async () => {
    const ended: number[] = [];
    const work = mapConcurrently([0, 1, 2, 3], 2, async (item) => {
      if (item === 0) throw new Error('zero');
      await turn();
      ended.push(item);
    });
    await expect(work).rejects.toThrow('zero');
    expect(ended).toEqual([1]);
  });

  it('maps nothing to nothing', async () => {
    expect(await mapConcurrently([], 4, () => Promise.resolve(1))).toEqual([]);
  });

  it('begins no more once the signal is aborted, and throws its reason', async () => {
    const reason = new Error('stopped');
    const stop = new AbortController();
    const begun: number[] = [];
    const work = mapConcurrently(
      Array.from({ length: 100 }, (_, i) => i),
      3,
      async (item) => {
        begun.push(item);
        if (item === 7) stop.abort(reason);
        await turn();
      },
      stop.signal,
    );
    await expect(work).rejects.toBe(reason);
    expect(begun.length).toBeLessThanOrEqual(9);
    const never = mapConcurrently([1], 1, () => Promise.reject(new Error('begun')), stop.signal);
    await expect(never).rejects.toBe(reason);
  });
});
