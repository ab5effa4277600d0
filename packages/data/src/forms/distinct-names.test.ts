import { expect, it } from 'vitest';
import { distinctNames } from './distinct-names';

it('names files by as few folders as tell them apart', () => {
  expect(distinctNames(['/x/a.tar', '/x/b.tar'])).toEqual(['a.tar', 'b.tar']);
  expect(distinctNames(['/x/1/a.tar', '/y/1/a.tar', '/y/2/a.tar', '/y/b.tar'])).toEqual([
    'x/1/a.tar',
    'y/1/a.tar',
    '2/a.tar',
    'b.tar',
  ]);
  expect(distinctNames(['/a.tar', '/x/a.tar'])).toEqual(['a.tar', 'x/a.tar']);
});

it('names addresses by their hosts, and by what they ask for', () => {
  const [one, two] = ['https://one.org/a.tar', 'https://two.org/a.tar?x=1'];
  expect(distinctNames([one])).toEqual(['a.tar']);
  expect(distinctNames([one, two])).toEqual(['one.org/a.tar', 'two.org/a.tar']);
  expect(distinctNames([two, `${two}0`])).toEqual([two, `${two}0`]);
});
