import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Child, makeScenes, writeTiny } from './cli.testing';
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

it('one folder is for one process: a second is told who has it', async () => {
  const config = await writeTiny(join(folder, 'long.json'), {
    data: { captions: 'scenes/captions.jsonl' },
    training: { steps: 100_000 },
  });
  const other = await writeTiny(join(folder, 'other.json'), {
    data: { captions: 'scenes/captions.jsonl' },
    training: { batchSize: 2 },
  });
  const ofRun = ['--out', 'shared', '--engine', 'cpu'];
  const first = start(folder, 'train', '--config', config, ...ofRun);
  await first.says('Reading pictures');
  const second = await start(folder, 'train', '--config', other, ...ofRun, '--json').ended();
  expect(second.code).toBe(exitCode.failed);
  expect(JSON.parse(second.stdout)).toMatchObject({ error: { code: 'locked' } });
  expect(second.stderr).toContain(`process ${first.process.pid!} on `);
  expect(second.stderr).not.toContain('Reading pictures');
  first.process.kill('SIGKILL');
  await first.ended();
});

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
    ...['train', '--config', config, '--out', '../runs/tiny', '--engine', 'cpu', '--json'],
  ).ended();
  expect(trained.code, trained.stderr).toBe(exitCode.done);
  expect(existsSync(ran)).toBe(false);
  const record = JSON.parse(await readFile(join(folder, 'runs', 'tiny', 'run.json'), 'utf8')) as {
    environment: { revision: string };
    paths: { captions: string };
  };
  expect(record.environment.revision).toBe('a'.repeat(40));
  expect(record.paths.captions).toBe(join(folder, 'scenes', 'captions.jsonl'));

  const measured = await start(
    tmpdir(),
    'eval',
    '--run',
    join(folder, 'runs', 'tiny'),
    '--engine',
    'cpu',
    '--json',
  ).ended();
  expect(measured.code, measured.stderr).toBe(exitCode.done);
  const metricsOf = ({ stdout }: { stdout: string }): unknown =>
    (JSON.parse(stdout) as { metrics: unknown }).metrics;
  expect(metricsOf(measured)).toEqual(metricsOf(trained));
});
