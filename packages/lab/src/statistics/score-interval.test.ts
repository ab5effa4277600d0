import { describe, expect, it } from 'vitest';
import { effectiveShare, scoreInterval, scoreStatistic } from './score-interval';

describe('scoreInterval', () => {
  it('is Wilson’s for independent draws', () => {
    // 15 of 20 at 95 %.
    const [low, high] = scoreInterval({ share: 0.75, count: 20 }, 1.959964);
    expect(low).toBeCloseTo(0.5313, 4);
    expect(high).toBeCloseTo(0.8881, 4);
    // 0 of 20: the upper end is z²/(n + z²).
    const none = scoreInterval({ share: 0, count: 20 }, 1.959964);
    expect(none[0]).toBe(0);
    expect(none[1]).toBeCloseTo(3.8415 / 23.8415, 4);
  });

  it('ends where the statistic is the quantile', () => {
    const share = { share: 0.3, count: 50 };
    for (const end of scoreInterval(share, 2.5)) {
      expect(scoreStatistic(share, end)).toBeCloseTo(2.5, 10);
    }
  });
});

describe('effectiveShare', () => {
  it('counts independent draws as what they are', () => {
    expect(effectiveShare(0.4, (0.4 * 0.6) / 30, undefined).count).toBeCloseTo(30, 10);
    expect(effectiveShare(0.4, (0.4 * 0.6) / 3000, 3000).count / 3000).toBeCloseTo(1, 3);
  });
});
