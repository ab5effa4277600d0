import { expect, describe, it, onTestFinished } from 'vitest';
import { probeTfjsNode } from './tfjs-node';

describe('probeTfjsNode', () => {
  it('restores the functions of util that Node 23 removed, which tfjs-node calls', async () => {
    const util = process.getBuiltinModule('util') as unknown as Record<string, unknown>;
    const { isNullOrUndefined: original } = util;
    delete util['isNullOrUndefined'];
    onTestFinished(() => {
      util['isNullOrUndefined'] = original;
    });
    await probeTfjsNode({ packageName: 'absent-tfjs-node', command: 'none' });
    const restored = util['isNullOrUndefined'] as (value: unknown) => boolean;
    expect([null, undefined, 0, ''].map((value) => restored(value))).toEqual([
      ...[true, true, false, false],
    ]);
  });
});
