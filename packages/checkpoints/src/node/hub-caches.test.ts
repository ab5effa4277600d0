import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '@crossweave/core';
import { isHubId, isRevision, modelFolders } from './hub-caches';

describe('a hub id', () => {
  it.each(['bert-base-uncased', 'openai/clip-vit-base-patch32', 'org/a.b_c-1'])('is %s', (id) => {
    expect(isHubId(id)).toBe(true);
  });

  it.each([
    ...['', '/', 'a/', '/a', 'a//b', 'a/b/c', '..', '../a', 'a/..', 'a/../b', '.', '.a', 'a/.b'],
    ...[
      'a\\b',
      '..\\a',
      'C:a',
      'a\0b',
      'a%2fb',
      '%2e%2e/a',
      'a b',
      'a\n',
      'a?b',
      'a#b',
      'x'.repeat(97),
    ],
  ])('is not %j', (id) => {
    expect(isHubId(id)).toBe(false);
  });
});

describe('a revision', () => {
  it.each(['main', 'v1.0', 'refs/pr/1', 'feature/x', 'c0ffee'])('is %s', (revision) => {
    expect(isRevision(revision)).toBe(true);
  });

  it.each([
    ...['', '..', '../../..', 'a/../..', '/etc', 'a/', 'a//b', '.', './a', '.git', 'a..b'],
    ...['..\\..', 'C:\\a', 'a\0', '%2e%2e', 'a b', 'a\n', '~', 'x'.repeat(300)],
  ])('is not %j, and no folder is sought by it', async (revision) => {
    expect(isRevision(revision)).toBe(false);
    const sought = modelFolders({ id: 'org/model', revision }, ['/cache']);
    await expect(sought).rejects.toThrow(ConfigError);
  });
});

it('a model has its own folder within each cache', async () => {
  const folders = await modelFolders({ id: 'org/model', revision: 'refs/pr/1' }, ['/cache'], []);
  expect(folders).toContain(join('/cache', 'org', 'model', 'refs', 'pr', '1'));
  await expect(modelFolders({ id: '../x', revision: 'main' }, ['/cache'])).rejects.toThrow(
    ConfigError,
  );
});
