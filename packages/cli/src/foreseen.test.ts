import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { DataError } from '@crossweave/core';
import { expect, it } from 'vitest';
import { foreseen } from './foreseen';

const failure = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => undefined,
    (error: unknown) => error,
  );

it("says of the system's errors with files what can be done", async () => {
  const missing = foreseen(await failure(readFile('/none/at/all')));
  expect(missing).toBeInstanceOf(DataError);
  expect((missing as DataError).message).toMatch(
    /^\/none\/at\/all: a file or folder cannot be used; .*check the path/,
  );
  const cause = await failure(writeFile('/none/at/all', ''));
  const wrapped = foreseen(new Error('no model written', { cause }));
  expect(wrapped).toBeInstanceOf(DataError);
});

it.runIf(process.platform === 'linux')('says that a disk is full', async () => {
  const full = await failure(writeFile('/dev/full', 'x'));
  expect((foreseen(full) as DataError).message).toMatch(/ENOSPC.*The disk is full/);
});

it('leaves other errors as they are', async () => {
  const refused = await new Promise<Error>((resolve) =>
    connect({ port: 1 }).once('error', resolve),
  );
  for (const error of [refused, new TypeError('x'), new DataError('y', {}), 'text', undefined]) {
    expect(foreseen(error)).toBe(error);
  }
});
