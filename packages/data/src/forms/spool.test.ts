import { DataError } from '@crossweave/core';
import { afterEach, expect, it, vi } from 'vitest';
import { Spool } from './spool';

afterEach(() => {
  vi.unstubAllEnvs();
});

it('gives back what was added, in any order', async () => {
  const spool = new Spool();
  const pictures = [await spool.add(Buffer.from('one')), await spool.add(Buffer.from('three'))];
  const read = await Promise.all(pictures.toReversed().map((picture) => picture.read()));
  expect(read.map(String)).toEqual(['three', 'one']);
});

it('says where pictures are kept that find no room', async () => {
  vi.stubEnv('TMPDIR', '/none/at/all');
  const adding = new Spool().add(Buffer.from('one'));
  await expect(adding).rejects.toThrow(DataError);
  await expect(adding).rejects.toThrow(/^\/none\/at\/all: the pictures cannot be kept.*TMPDIR/);
});
