import { describe, expect, it } from 'vitest';
import type { Command } from './command';
import { findCommand } from './find-command';

const command = (name: string): Command => ({
  name,
  summary: `Does ${name}.`,
  options: {},
  example: `crossweave ${name}`,
  sections: () => ({ Names: Array.from({ length: 40 }, (_, i) => `name-${i}`) }),
  run: () => Promise.resolve(undefined),
});
const commands = ['train', 'data make', 'data stats'].map(command);
const find = (...args: string[]) => findCommand(args, commands, () => '1.2.3');
const textOf = (...args: string[]): string => {
  const found = find(...args);
  if (found.kind !== 'text') throw new Error('it would run');
  return found.text;
};

describe('findCommand', () => {
  it('finds commands of one and two words, and what follows', () => {
    expect(find('train', '--seed', '1')).toMatchObject({
      kind: 'run',
      command: { name: 'train' },
      rest: ['--seed', '1'],
    });
    expect(find('data', 'make', 'x')).toMatchObject({
      command: { name: 'data make' },
      rest: ['x'],
    });
  });

  it.each([['--version'], ['-V']])('%s says the version', (flag) => {
    expect(find(flag)).toEqual({ kind: 'text', text: '1.2.3\n', asked: true });
  });

  it('explains itself at every level, in lines that fit', () => {
    for (const asked of [[], ['help'], ['--help'], ['-h']]) {
      expect(textOf(...asked)).toContain('data make');
      expect(find(...asked)).toMatchObject({ asked: true });
    }
    for (const asked of [
      ['help', 'data'],
      ['data', '--help'],
      ['data', '-h'],
    ]) {
      expect(textOf(...asked)).toContain('data stats');
      expect(textOf(...asked)).not.toContain('train');
    }
    for (const asked of [
      ['help', 'data', 'make'],
      ['data', 'make', '--help'],
      ['data', 'make', 'x', '-h'],
    ]) {
      expect(textOf(...asked)).toContain('Does data make.');
    }
    const names = textOf('help', 'train').split('\n');
    expect(names.join(' ')).toContain('name-39');
    expect(Math.max(...names.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('takes half a command, or a flag alone, for no question', () => {
    expect(find('data')).toMatchObject({ kind: 'text', asked: false });
    expect(find('--seed', '1')).toMatchObject({ kind: 'text', asked: false });
  });

  it('names the nearest of a misspelt one', () => {
    expect(() => find('trian')).toThrow('Did you mean "train"?');
    expect(() => find('data', 'maek')).toThrow('Did you mean "data make"?');
    expect(() => find('help', 'data', 'maek')).toThrow('Did you mean "data make"?');
    expect(() => find('zebra')).toThrow('There are: train, data make, data stats.');
  });
});
