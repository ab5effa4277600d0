import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { Terminal } from './terminal';

function streams(isTTY = false) {
  const written = { stdout: '', stderr: '' };
  return {
    written,
    stdout: { write: (text: string) => (written.stdout += text) },
    stderr: { write: (text: string) => (written.stderr += text), isTTY, columns: 80 },
  };
}

describe('Terminal', () => {
  it('writes lines to stdout, and to stderr beside a JSON document', () => {
    const plain = streams();
    new Terminal(plain).line('a');
    new Terminal(plain).document({ a: 1 });
    expect(plain.written).toEqual({ stdout: 'a\n', stderr: '' });

    const json = streams();
    const terminal = new Terminal(json, { json: true });
    terminal.line('a');
    terminal.document({ a: [0] });
    expect(json.written.stderr).toBe('a\n');
    expect(JSON.parse(json.written.stdout)).toEqual({ a: [0] });
  });

  it('shows count, rate, time left and note, no more often than every ten seconds off a terminal', () => {
    let now = 0;
    const target = streams();
    const progress = new Terminal(target, { now: () => now }).progress('Training');
    now = 1000;
    progress.update(10, 100, 'loss 2.3');
    now = 2000;
    progress.update(20, 100);
    now = 20_000;
    progress.update(50, 100);
    progress.done();
    expect(target.written.stderr.split('\n')).toEqual([
      'Training 10/100, 10.0/s, 9 s left, loss 2.3',
      'Training 50/100, 2.5/s, 20 s left',
      'Training: done in 20.0 s',
      '',
    ]);
  });

  it('shows that work goes on before the first part of it is done', () => {
    vi.useFakeTimers();
    for (const isTTY of [true, false]) {
      let now = 0;
      const target = streams(isTTY);
      const terminal = new Terminal(target, { now: () => now });
      const progress = terminal.progress('Encoding');
      const pass = (seconds: number): void => {
        now += seconds * 1000;
        vi.advanceTimersByTime(seconds * 1000);
      };
      pass(10);
      expect(target.written.stderr).toMatch(
        isTTY ? /\[\.{20}\] Encoding, 10 s$/ : /^Encoding, 10 s\n$/,
      );
      terminal.note('a note');
      expect(target.written.stderr.endsWith(isTTY ? '\r\u001b[2Ka note\n' : 's\na note\n')).toBe(
        true,
      );
      progress.update(1, 2);
      const { stderr } = target.written;
      pass(60);
      expect(target.written.stderr).toBe(stderr);
      terminal.progress('Another');
      terminal[Symbol.dispose]();
      pass(60);
      expect(target.written.stderr).toBe(stderr);
    }
    vi.useRealTimers();
  });

  it('draws a bar on a terminal that fits its width', () => {
    const target = streams(true);
    const progress = new Terminal(target, { now: () => 1000 }).progress('Encoding');
    progress.update(1, 2, 'x'.repeat(200));
    const shown = target.written.stderr.replace('\r\u001b[2K', '');
    expect(shown.startsWith('[##########..........] Encoding 1/2')).toBe(true);
    expect(shown.length).toBeLessThanOrEqual(80);
    for (const [columns, text] of [
      [0, ' Encoding 1/2'],
      [10, ' '],
    ] as const) {
      const other = streams(true);
      other.stderr.columns = columns;
      new Terminal(other, { now: () => 1000 }).progress('Encoding').update(1, 2);
      expect(other.written.stderr.split(']').at(-1)).toBe(text);
    }
  });

  it('shows what could steer the reader’s terminal as codes, a bar of its own apart', () => {
    const target = streams(true);
    const terminal = new Terminal(target, { now: () => 1000 });
    terminal.line('a\u001b[2Jb\u202ec');
    terminal.note('\u009b31m\ttab');
    terminal.progress('\u0007title').done('\u001b]0;x');
    expect(target.written.stdout).toBe('a\\u001b[2Jb\\u202ec\n');
    expect(target.written.stderr).toContain('\\u009b31m\ttab\n\\u0007title');
    expect(target.written.stderr).not.toContain('\u001b]');

    const json = streams();
    new Terminal(json, { json: true }).document({ text: '\u009b31m\u202e\n' });
    expect(json.written.stdout).not.toMatch(/[\u009b\u202e]/);
    expect(JSON.parse(json.written.stdout)).toEqual({ text: '\u009b31m\u202e\n' });
  });

  it('tells when nobody reads any more', () => {
    const stdout = Object.assign(new EventEmitter(), { write: () => true });
    const stderr = Object.assign(new EventEmitter(), { write: () => true });
    let closed = 0;
    const terminal = new Terminal({ stdout, stderr }, { closed: () => (closed += 1) });
    stdout.emit('error', new Error('EPIPE'));
    stderr.emit('error', new Error('EIO'));
    terminal[Symbol.dispose]();
    expect(closed).toBe(2);
    expect(stdout.listenerCount('error')).toBe(0);
  });

  it('survives a total of zero', () => {
    const target = streams();
    new Terminal(target, { now: () => 0 }).progress('Nothing').update(0, 0);
    expect(target.written.stderr).toBe('Nothing 0/0\n');
  });
});
