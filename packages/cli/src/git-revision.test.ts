import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  chmod,
  mkdir,
  mkdtemp,
  realpath,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitRevision } from './git-revision';

let folder = '';
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'crossweave-git-')));
});
afterEach(() => rm(folder, { recursive: true }));

const one = '1'.repeat(40);
const other = '2'.repeat(64);

/** Writes files below the test's folder. */
async function files(contents: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(contents)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

describe('gitRevision', () => {
  it('reads a branch, loose or packed, and a detached head, from any folder below', async () => {
    await files({ '.git/HEAD': 'ref: refs/heads/a/b-c\n', 'deep/er/file': '' });
    expect(gitRevision(folder)).toBeUndefined();
    await files({
      '.git/packed-refs': `# pack-refs with: peeled\n${other} refs/heads/x/a/b-c\n${one} refs/heads/a/b-c\n^${other}\n`,
    });
    expect(gitRevision(join(folder, 'deep', 'er'))).toBe(one);
    await files({ '.git/refs/heads/a/b-c': `${other}\n` });
    expect(gitRevision(folder)).toBe(other);
    await files({ '.git/HEAD': `${one}\n` });
    expect(gitRevision(folder)).toBe(one);
  });

  it('reads a linked worktree, whose branch lies in another folder', async () => {
    await files({
      'main/.git/HEAD': `${other}\n`,
      'main/.git/refs/heads/topic': `${one}\n`,
      'main/.git/worktrees/linked/HEAD': 'ref: refs/heads/topic\n',
      'main/.git/worktrees/linked/commondir': '../..\n',
      'linked/.git': 'gitdir: ../main/.git/worktrees/linked\n',
    });
    expect(gitRevision(join(folder, 'linked'))).toBe(one);
  });

  it.each([
    ['a name that climbs out', 'ref: refs/../../secret\n'],
    ['a name outside refs', 'ref: secret\n'],
    ['text', 'not a commit\n'],
  ])('gives nothing for a head that is %s', async (_what, head) => {
    await files({ secret: `${one}\n`, '.git/HEAD': head });
    expect(gitRevision(folder)).toBeUndefined();
  });

  it('neither waits for a named pipe nor reads a file of any size', async () => {
    await files({ '.git/HEAD': 'ref: refs/heads/main\n', '.git/refs/heads/other': one });
    if (process.platform !== 'win32') {
      execFileSync('mkfifo', [join(folder, '.git/refs/heads/main')]);
      expect(gitRevision(folder)).toBeUndefined();
    }
    await rm(join(folder, '.git/refs/heads/main'), { force: true });
    await files({ '.git/packed-refs': '' });
    await truncate(join(folder, '.git/packed-refs'), 2 ** 40);
    expect(gitRevision(folder)).toBeUndefined();
    await symlink(devNull, join(folder, '.git/refs/heads/main'));
    expect(gitRevision(folder)).toBeUndefined();
  });

  it('runs no program that a hostile repository names', async () => {
    const ran = join(folder, 'ran');
    const program = join(folder, 'program');
    await files({
      program: `#!/bin/sh\necho x >> '${ran}'\n`,
      '.git/HEAD': 'ref: refs/heads/main\n',
      '.git/refs/heads/main': `${one}\n`,
      '.git/config': `[core]\n\trepositoryformatversion = 0\n\tfsmonitor = "${program}"\n\tpager = "${program}"\n\thooksPath = "${folder}"\n`,
    });
    await chmod(program, 0o755);
    expect(gitRevision(folder)).toBe(one);
    expect(existsSync(ran)).toBe(false);
  });
});
