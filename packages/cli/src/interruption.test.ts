import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Interruption } from './interruption';

function source() {
  const emitter = new EventEmitter();
  const exits: number[] = [];
  return Object.assign(emitter, { exits, exit: (code: number) => void exits.push(code) });
}

describe('Interruption', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('hears %s', (name, code) => {
    const process = source();
    const said: string[] = [];
    const interruption = new Interruption(process, (text) => said.push(text));
    expect([interruption.code, interruption.signal.aborted]).toEqual([undefined, false]);
    process.emit(name);
    expect([interruption.code, interruption.signal.aborted]).toEqual([code, true]);
    expect(said).toHaveLength(1);
    interruption[Symbol.dispose]();
    expect(process.eventNames()).toEqual([]);
  });

  it('exits at the second signal, but takes one that came with the first for the same wish', () => {
    const process = source();
    let now = 0;
    using interruption = new Interruption(
      process,
      () => undefined,
      () => now,
    );
    process.emit('SIGINT');
    now = 400;
    process.emit('SIGINT');
    expect(process.exits).toEqual([]);
    now = 600;
    process.emit('SIGTERM');
    expect(process.exits).toEqual([130]);
    expect(interruption.code).toBe(130);
  });

  it('stops without a word when nobody reads on, and keeps the code of an earlier signal', () => {
    const process = source();
    const said: string[] = [];
    using interruption = new Interruption(process, (text) => said.push(text));
    interruption.pipeClosed();
    expect([interruption.code, interruption.signal.aborted, said]).toEqual([141, true, []]);
    using other = new Interruption(process, () => undefined);
    process.emit('SIGTERM');
    other.pipeClosed();
    expect(other.code).toBe(143);
  });
});
