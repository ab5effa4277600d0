import { describe, expect, it } from 'vitest';
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
    const terminal = new Terminal(json, true);
    terminal.line('a');
    terminal.document({ a: [0] });
    expect(json.written.stderr).toBe('a\n');
    expect(JSON.parse(json.written.stdout)).toEqual({ a: [0] });
  });

  it('shows count, rate, time left and note, no more often than every ten seconds off a terminal', () => {
    let now = 0;
    const target = streams();
    const progress = new Terminal(target, false, () => now).progress('Training');
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

  it('draws a bar on a terminal that fits its width', () => {
    const target = streams(true);
    const progress = new Terminal(target, false, () => 1000).progress('Encoding');
    progress.update(1, 2, 'x'.repeat(200));
    const shown = target.written.stderr.replace('\r\u001b[2K', '');
    expect(shown.startsWith('[##########..........] Encoding 1/2')).toBe(true);
    expect(shown.length).toBeLessThanOrEqual(80);
  });

  it('survives a total of zero', () => {
    const target = streams();
    new Terminal(target, false, () => 0).progress('Nothing').update(0, 0);
    expect(target.written.stderr).toBe('Nothing 0/0\n');
  });
});
