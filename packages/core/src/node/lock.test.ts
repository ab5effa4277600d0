import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataError } from '../errors';
import { LockError, lockFolder } from './lock';
import { isGone, parseHolder, thisProcess } from './lock-holder';

let folder = '';
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-lock-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** Beyond the largest process id of any system. */
const noPid = 2 ** 22 + 1;

const lockFile = (): string => join(folder, '.crossweave.lock');

/** Another process that runs `code` with `lockFolder` and `folder` at hand, and prints. */
function start(code: string, stderr: 'inherit' | 'ignore' = 'inherit'): ChildProcess {
  const source = fileURLToPath(new URL('./lock.ts', import.meta.url));
  const program = `const { lockFolder } = await import(${JSON.stringify(source)});
    const folder = ${JSON.stringify(folder)};
    ${code}`;
  const args = ['--import', 'tsx', '--conditions=@crossweave/source', '--input-type=module'];
  const child = spawn(process.execPath, [...args, '--eval', program], {
    stdio: ['pipe', 'pipe', stderr],
  });
  children.push(child);
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [data] = (await once(child.stdout!, 'data')) as [Buffer];
  return data.toString().trim();
}

const holding = `await lockFolder(folder); console.log('held'); process.stdin.resume();`;

describe('lockFolder', () => {
  it('makes the folder, lets nobody else in, and leaves nothing behind', async () => {
    const path = join(folder, 'a', 'b');
    const lock = await lockFolder(path);
    expect(await readdir(path)).toEqual(['.crossweave.lock']);
    const again = await lockFolder(path).catch((error: unknown) => error);
    expect(again).toBeInstanceOf(LockError);
    expect(String(again)).toContain('this process already writes to the folder');
    await lock.release();
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('keeps what is in the folder, and is released at the end of a block', async () => {
    {
      await using lock = await lockFolder(folder);
      await writeFile(join(lock.path, 'kept'), '');
    }
    expect(await readdir(folder)).toEqual(['kept']);
  });

  it('refuses while another process lives, names it, and takes over once it is killed', async () => {
    const child = start(holding);
    expect(await firstLine(child)).toBe('held');
    const { since } = parseHolder(await readFile(lockFile(), 'utf8'))!;
    const refusal = await lockFolder(folder).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(LockError);
    expect(String(refusal)).toContain(`process ${child.pid!} on `);
    expect(String(refusal)).toContain(`since ${since}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(lockFile())).toBe(true);
    await (await lockFolder(folder)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is released by a process that ends by process.exit or by an error', async () => {
    for (const end of ['process.exit(3)', 'throw new Error("unforeseen")']) {
      const child = start(`await lockFolder(folder); ${end}`, 'ignore');
      await once(child, 'exit');
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it('gives the lock of a dead process to one of several that come at once', async () => {
    await writeFile(lockFile(), JSON.stringify({ ...thisProcess(), pid: noPid }));
    const code = `
      process.stdin.once('data', () => lockFolder(folder).then(() => console.log('held'), (e) => console.log(e.code)));
      console.log('ready');`;
    const contenders = [1, 2, 3].map(() => start(code));
    expect(await Promise.all(contenders.map(firstLine))).toEqual(['ready', 'ready', 'ready']);
    const ends = contenders.map(firstLine);
    for (const contender of contenders) contender.stdin!.write('go\n');
    expect((await Promise.all(ends)).sort()).toEqual(['held', 'locked', 'locked']);
    expect(await readdir(folder)).toEqual(['.crossweave.lock']);
  });

  it('gives the lock of a dead process to one of many calls in one process', async () => {
    await writeFile(lockFile(), JSON.stringify({ ...thisProcess(), pid: noPid }));
    const calls = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)));
    const won = calls.filter(({ status }) => status === 'fulfilled');
    expect(won).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['.crossweave.lock']);
  });

  it('refuses a damaged lock and says which file to remove', async () => {
    for (const content of ['', '{"pid": 1', '[]', '{"id":"../x","pid":1,"host":"h","since":"s"}']) {
      await writeFile(lockFile(), content);
      await expect(lockFolder(folder)).rejects.toThrow(`damaged. Wait until`);
      await expect(lockFolder(folder)).rejects.toThrow(`remove ${lockFile()}`);
    }
  });

  it('says what is wrong with a path that can be no folder', async () => {
    await writeFile(join(folder, 'file'), '');
    for (const path of [join(folder, 'file'), join(folder, 'file', 'below')]) {
      const error: unknown = await lockFolder(path).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(DataError);
      expect(String(error)).toMatch(/the folder cannot be created.*choose a different path/);
    }
    await mkdir(lockFile());
    await expect(lockFolder(folder)).rejects.toThrow(DataError);
  });
});

describe('a holder is gone', () => {
  const here = { host: 'h', boot: 'b', machine: 'm', namespace: 'n' };
  const holder = { id: 'i', since: 's', pid: process.pid, ...here };

  it.each([
    ['not while its process lives', {}, false],
    ['when its process has ended', { pid: noPid }, true],
    ['when its pid belongs to a later process', { started: '1' }, process.platform === 'linux'],
    ['not for sure on another machine', { host: 'other', pid: noPid }, false],
    ['when the machine was started again', { boot: 'earlier' }, true],
    ['not for sure on a machine of the same name', { boot: 'c', machine: 'other' }, false],
    ['not for sure in another container', { namespace: 'other', pid: noPid }, false],
  ])('%s', (_what, difference, gone) => {
    expect(isGone({ ...holder, ...difference }, here)).toBe(gone);
  });
});
