import { execFileSync } from 'node:child_process';
import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conversionAdvice } from './pickle';
import { shellWord } from './shell-word';

/** The words that a shell makes of a piece of its command line. */
function wordsOf(line: string): string[] {
  const output = execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
  return output.split('\0').slice(0, -1);
}

const hostile = [
  "it's",
  "a'; touch pwned; '",
  '$(touch pwned)',
  '`id`',
  'a b',
  '-x',
  '"',
  '\\',
  'é\nü',
  '*',
];

describe.skipIf(process.platform === 'win32')('a word for a shell', () => {
  it('stands for exactly the text', () => {
    for (const text of hostile) expect(wordsOf(shellWord(text)!)).toEqual([text]);
    const piece = constantFrom(
      "'",
      '"',
      '$',
      '`',
      '\\',
      ' ',
      '\n',
      '\t',
      '!',
      '(',
      ')',
      ';',
      '&',
      'a',
      '~',
    );
    assert(
      property(array(piece, { maxLength: 12 }), (pieces) => {
        expect(wordsOf(shellWord(pieces.join(''))!)).toEqual([pieces.join('')]);
      }),
      { numRuns: 40 },
    );
  });

  it('is part of a command that converts this file and no other', () => {
    for (const name of hostile) {
      const [, command = ''] = /: (python -c .*)$/s.exec(conversionAdvice(`/m/${name}.bin`)) ?? [];
      const [python, flag, program, from, to] = wordsOf(command);
      expect([python, flag]).toEqual(['python', '-c']);
      expect(program).toMatch(
        /^import sys, torch; .*'cpu', weights_only=True.*'format': 'pt'\}\)$/,
      );
      expect([from, to]).toEqual([`/m/${name}.bin`, `/m/${name}.safetensors`]);
    }
  });
});

it('does not stand for what a message would change or cut', () => {
  for (const text of ['a\u001b[2Jb', '\r', '\u202e', "'".repeat(200)]) {
    expect(shellWord(text, 'linux')).toBeUndefined();
    expect(conversionAdvice(`${text}.bin`)).toMatch(/ FROM\.bin TO\.safetensors$/);
  }
});

it('is quoted for both shells of Windows, or not at all', () => {
  expect(shellWord('C:\\my models\\a.bin', 'win32')).toBe('"C:\\my models\\a.bin"');
  for (const text of ['%PATH%', '$env:x', '`n', 'a^b', 'a!b']) {
    expect(shellWord(text, 'win32')).toBeUndefined();
  }
});
