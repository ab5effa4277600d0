import { ConfigError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { parseOptions, requiredText, text, wholeNumber, type Command } from './command';
import { helpOf } from './help';

const command: Command = {
  name: 'data make',
  summary: 'Makes data.',
  positionals: 'scenes',
  options: {
    seed: { type: 'string', value: 'N', summary: 'seed', default: '7' },
    out: { type: 'string', value: 'DIR', summary: 'folder' },
  },
  example: 'crossweave data make scenes --out data',
  run: () => Promise.resolve(undefined),
};

describe('parseOptions', () => {
  it('reads flags, defaults and positionals', () => {
    const { values, positionals } = parseOptions(command, ['scenes', '--out', 'x', '--json']);
    expect(values).toMatchObject({ seed: '7', out: 'x', json: true });
    expect(positionals).toEqual(['scenes']);
    expect(wholeNumber(values, 'seed')).toBe(7);
    expect(wholeNumber(parseOptions(command, ['--seed', '0']).values, 'seed')).toBe(0);
  });

  it('names the nearest flag of a misspelt one', () => {
    expect(() => parseOptions(command, ['--sede', '1'])).toThrow('Did you mean --seed?');
    expect(() => parseOptions(command, ['--out'])).toThrow(ConfigError);
  });

  it.each([
    [['--out', 'a', '--out', 'b'], '--out is given twice'],
    [['--help=no'], ConfigError],
    [['-x'], 'there is no option --x'],
  ])('refuses %j', (args, message) => {
    expect(() => parseOptions(command, args)).toThrow(message);
  });

  it('refuses arguments where none belong, and keeps flags that may be repeated', () => {
    const { name, summary, example } = command;
    const set = { type: 'string', summary: 'change', multiple: true } as const;
    const run = () => Promise.resolve(undefined);
    const flags: Command = { name, summary, example, run, options: { set } };
    expect(() => parseOptions(flags, ['scenes'])).toThrow('an argument too many');
    const { values } = parseOptions(flags, ['--set', 'a=1', '--set', 'b=2']);
    expect(values['set']).toEqual(['a=1', 'b=2']);
  });

  it.each(['-1', '1.5', 'NaN', '', 'x', '1e3', '0x10', '99999999999999999'])(
    'refuses --seed=%s',
    (seed) => {
      const { values } = parseOptions(command, [`--seed=${seed}`]);
      expect(() => wholeNumber(values, 'seed')).toThrow(ConfigError);
    },
  );

  it('says what is missing with an example', () => {
    const { values } = parseOptions(command, []);
    expect(text(values, 'out')).toBeUndefined();
    expect(() => requiredText(command, values, 'out')).toThrow(
      'For example: crossweave data make scenes --out data',
    );
  });
});

describe('helpOf', () => {
  it('shows usage, every flag with its default, and the example', () => {
    const help = helpOf(command);
    expect(help).toContain('crossweave data make scenes [options]');
    expect(help).toContain('--seed N');
    expect(help).toContain('(default 7)');
    expect(help).toContain('--json');
    expect(help).toContain(command.example);
  });
});
