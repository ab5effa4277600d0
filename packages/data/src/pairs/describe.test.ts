import { DataError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { describeRejects } from './describe';
import type { Reject } from './rejects';

const reject = (line: number): Reject => ({
  key: `c.csv:${line}`,
  reason: 'damaged-image',
  rows: 1,
  action: line === 1 ? 'placeholder' : 'skipped',
  error: new DataError(`picture ${line}`),
});

describe('describeRejects', () => {
  it('counts by reason and shows the first', () => {
    expect(describeRejects({ rows: 9, rejects: [1, 2, 3].map(reject) }, 2)).toBe(
      [
        '9 rows, 3 damaged: 1 damaged-image placeholder, 2 damaged-image skipped',
        '  picture 1.',
        '  picture 2.',
        '  … and 1 more',
      ].join('\n'),
    );
  });

  it('says that nothing was damaged', () => {
    expect(describeRejects({ rows: 9, rejects: [] })).toBe('9 rows, none damaged');
  });
});
