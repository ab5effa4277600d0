import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Child, makeScenes, run, writeTiny } from './cli.testing';
import { exitCode } from './main';

let folder = '';
const children: Child[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-processes-'));
  await makeScenes(join(folder, 'scenes'));
});
afterAll(async () => {
  for (const child of children) child.process.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

function start(cwd: string, ...args: string[]): Child {
  const child = new Child(args, cwd);
  children.push(child);
  return child;
}

const ofRun = (out: string): string[] => ['--out', out, '--engine', 'cpu', '--json'];

/** The last checkpoint of a run, as bytes. */
async function lastCheckpoint(out: string): Promise<readonly Buffer[]> {
  const checkpoints = join(folder, out, 'checkpoints');
  const names = (await readdir(checkpoints)).sort().slice(-2);
  return Promise.all(names.map((name) => readFile(join(checkpoints, name))));
}

it('a run that is stopped in every way ends with the bits of one that never was', async () => {
  const config = await writeTiny(join(folder, 'stopped.json'), {
    data: { captions: join(folder, 'scenes', 'captions.jsonl') },
    training: { steps: 100 },
  });
  const command = (out: string): string[] => [
    'train',
    '--config',
    config,
    ...ofRun(join(folder, out)),
  ];
  const begin = async (): Promise<Child> => {
    const child = start(folder, ...command('stopped'));
    await child.says(/Training \d+\/100/);
    return child;
  };

  const first = await begin();
  // A second process is told who has the folder.
  first.process.kill('SIGSTOP');
  const second = await start(folder, ...command('stopped')).ended();
  first.process.kill('SIGCONT');
  expect(second.code).toBe(exitCode.failed);
  expect(JSON.parse(second.stdout)).toMatchObject({ error: { code: 'locked' } });
  expect(second.stderr).toContain(`process ${first.process.pid!} on `);
  expect(second.stderr).not.toContain('Reading pictures');
  first.process.kill('SIGINT');
  const interrupted = await first.ended();
  expect([interrupted.signal, interrupted.code]).toEqual([null, 130]);
  expect(interrupted.stdout).toMatch(/"interrupted": "Stopped after step \d+ of 100/);
  expect(existsSync(join(folder, 'stopped', '.crossweave.lock'))).toBe(false);

  const third = await begin();
  third.process.kill('SIGTERM');
  expect((await third.ended()).code).toBe(143);

  // A reader that leaves: the command stops, and says nothing.
  const fourth = await begin();
  fourth.process.stderr!.destroy();
  fourth.process.stdout!.destroy();
  fourth.process.kill('SIGHUP');
  expect([129, 141]).toContain((await fourth.ended()).code);

  // No time to save anything: what was saved before is whole, and the lock is taken over.
  const fifth = await begin();
  fifth.process.kill('SIGKILL');
  expect((await fifth.ended()).signal).toBe('SIGKILL');

  for (const out of ['stopped', 'whole']) {
    const { code, stderr } = await run(...command(out));
    expect(code, stderr).toBe(exitCode.done);
  }
  expect(await lastCheckpoint('stopped')).toEqual(await lastCheckpoint('whole'));
}, 300_000);

it('no program of a hostile repository runs, and paths hold from any folder', async () => {
  const hostile = join(folder, 'hostile');
  const ran = join(folder, 'ran');
  await mkdir(join(hostile, '.git', 'refs', 'heads'), { recursive: true });
  await writeFile(join(hostile, '.git', 'HEAD'), 'ref: refs/heads/main\n');
  await writeFile(join(hostile, '.git', 'refs', 'heads', 'main'), `${'a'.repeat(40)}\n`);
  const program = join(hostile, 'program');
  await writeFile(program, `#!/bin/sh\ntouch '${ran}'\n`);
  await chmod(program, 0o755);
  await writeFile(
    join(hostile, '.git', 'config'),
    `[core]\n\trepositoryformatversion = 0\n\tfsmonitor = ${program}\n\tpager = ${program}\n`,
  );
  const config = await writeTiny(join(hostile, 'tiny.json'), {
    data: { captions: '../scenes/captions.jsonl' },
  });
  const trained = await start(
    hostile,
    ...['train', '--config', config, ...ofRun('../runs/tiny')],
  ).ended();
  expect(trained.code, trained.stderr).toBe(exitCode.done);
  expect(existsSync(ran)).toBe(false);
  const record = JSON.parse(await readFile(join(folder, 'runs', 'tiny', 'run.json'), 'utf8')) as {
    environment: { revision: string };
    paths: { captions: string };
  };
  expect(record.environment.revision).toBe('a'.repeat(40));
  expect(record.paths.captions).toBe(join(folder, 'scenes', 'captions.jsonl'));

  const out = join(folder, 'runs', 'tiny');
  const measured = await run('eval', '--run', out, '--engine', 'cpu', '--json');
  expect(measured.code, measured.stderr).toBe(exitCode.done);
  const metricsOf = ({ stdout }: { stdout: string }): unknown =>
    (JSON.parse(stdout) as { metrics: unknown }).metrics;
  expect(metricsOf(measured)).toEqual(metricsOf(trained));
});
