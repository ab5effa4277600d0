import { describe, expect, it } from 'vitest';
import { MemoryGate } from './memory';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('MemoryGate', () => {
  it('keeps what is under way within the limit, in order', async () => {
    const gate = new MemoryGate();
    const begun: number[] = [];
    let used = 0;
    let most = 0;
    const sizes = [40, 50, 30, 60, 10, 100, 5];
    await Promise.all(
      sizes.map((bytes, i) =>
        gate.run(bytes, 100, async () => {
          begun.push(i);
          used += bytes;
          most = Math.max(most, used);
          for (let k = 0; k <= i % 3; k++) await turn();
          used -= bytes;
        }),
      ),
    );
    expect(begun).toEqual(sizes.map((_, i) => i));
    expect(most).toBe(100);
  });

  it('runs what is larger than its limit alone', async () => {
    const gate = new MemoryGate();
    let running = 0;
    const work = async (): Promise<number> => {
      running++;
      await turn();
      return running--;
    };
    const results = [500, 500, 1, 500].map((bytes) => gate.run(bytes, 100, work));
    expect(await Promise.all(results)).toEqual([1, 1, 1, 1]);
  });

  it('lets the next begin when one fails', async () => {
    const gate = new MemoryGate();
    const failing = gate.run(100, 100, () => Promise.reject(new Error('failed')));
    const next = gate.run(100, 100, () => Promise.resolve('begun'));
    await expect(failing).rejects.toThrow('failed');
    expect(await next).toBe('begun');
  });
});
