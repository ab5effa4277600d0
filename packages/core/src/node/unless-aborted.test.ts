import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { unlessAborted } from './unless-aborted';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('unlessAborted', () => {
  const reason = new Error('stopped');

  it('gives what the work gives, and leaves no listener', async () => {
    const { signal } = new AbortController();
    expect(await unlessAborted(Promise.resolve(3), signal)).toBe(3);
    const failure = unlessAborted(Promise.reject(new Error('failed')), signal);
    await expect(failure).rejects.toThrow('failed');
    await turn();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('takes one signal for many calls without a warning', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', listen);
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 30 }, () => unlessAborted(turn(), signal)));
    await turn();
    process.off('warning', listen);
    expect(warnings).toEqual([]);
  });

  it('throws the reason at once, and drops a failure that comes later', async () => {
    const stop = new AbortController();
    let fail: (error: Error) => void = () => undefined;
    const work = new Promise<number>((_, reject) => (fail = reject));
    const waiting = unlessAborted(work, stop.signal);
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(unlessAborted(work, stop.signal)).rejects.toBe(reason);
    fail(new Error('too late'));
    await turn();
  });
});
