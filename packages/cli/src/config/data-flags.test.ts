import { ConfigError, DataError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { dataFlags, dataSettings, inFlags, messageInFlags } from './data-flags';

describe('dataSettings', () => {
  it('reads what a shell can write', () => {
    expect(
      dataSettings({
        columns: 'image=file path,caption=a=b',
        delimiter: '\\t',
        quote: 'none',
        'max-rejects': '0.2',
        'shared-pictures': 'allow',
        'hold-out': 'test=0.1, val=0.05',
        captions: 'not one of them.csv',
      }),
    ).toEqual({
      columns: { image: 'file path', caption: 'a=b' },
      delimiter: '\t',
      quote: false,
      maxRejects: 0.2,
      sharedPictures: 'allow',
      holdOut: { test: 0.1, val: 0.05 },
    });
    expect(dataSettings({})).toEqual({});
    expect(dataSettings({ 'max-rejects': '' })).toEqual({ maxRejects: NaN });
  });

  it.each(['image', '=a', 'image=', 'image=a,,caption=b'])('refuses --columns %s', (columns) => {
    expect(() => dataSettings({ columns })).toThrow(ConfigError);
  });

  it.each(['test', 'test=', '=0.1', 'test=x', 'test=0.1,'])('refuses --hold-out %s', (given) => {
    expect(() => dataSettings({ 'hold-out': given })).toThrow(ConfigError);
  });

  it('has a flag for every option that advice may name', () => {
    expect(Object.keys(dataFlags)).toContain('shared-pictures');
    expect(Object.values(dataFlags).every(({ type }) => type === 'string')).toBe(true);
  });
});

describe('advice in flags', () => {
  it.each([
    ["pass sharedPictures: 'allow'.", 'pass --shared-pictures allow.'],
    ['pass maxRejects: 0.04 to do', 'pass --max-rejects 0.04 to do'],
    [
      "columns: { image: 'file path', caption: 'title' }.",
      "--columns 'image=file path,caption=title'.",
    ],
    ["Name it: columns: { image: '…' }.", 'Name it: --columns image=….'],
    ['with columns: { split: "…" }, or', 'with --columns split=…, or'],
    ['held out by holdOut: { test: 0.1 }.', 'held out by --hold-out test=0.1.'],
    [
      'Name one of these, have records of train held out by holdOut: { test: 0.1 }, or give',
      'Name one of these (in a config by --set data.test=NAME; data.train and data.val likewise), have records of train held out by --hold-out test=0.1, or give',
    ],
    ["pass escape: '\\\\'.", "pass --escape '\\'."],
    ['pass delimiter: "\\t".', "pass --delimiter '\\t'."],
    [`pass quote: "'".`, `pass --quote ''\\'''.`],
    ['pass quote: false.', 'pass --quote none.'],
    ['pass svg: true if you trust it', 'pass --set data.svg=true if you trust it'],
    ['the format of it', 'the format of it'],
  ])('%s', (advice, flags) => {
    expect(inFlags(advice)).toBe(flags);
  });

  it('says what is suggested where the advice does not', () => {
    const error = new DataError('wrong', {
      where: 'a.csv',
      advice: 'Save it anew.',
      suggestion: { encoding: 'windows-1252', imageSize: 32 },
    });
    expect(messageInFlags(error)).toBe(
      'a.csv: wrong. Save it anew. Try --encoding windows-1252 --set data.imageSize=32.',
    );
    expect(messageInFlags(new DataError('wrong', { where: 'a.csv' }))).toBe('a.csv: wrong.');
    expect(messageInFlags(new Error('other'))).toBe('other');
  });
});
