import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Child, makeScenes, run, writeTiny, type Ended } from './cli.testing';
import { exitCode } from './main';

let folder = '';
let captions = '';
let config = '';
let shards = '';
let words = '';
let child: Child | undefined;
let server: Server | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-streams-'));
  captions = await makeScenes(join(folder, 'scenes'));
  shards = join(folder, 'shards');
  words = join(folder, 'words');
  const sized = ['--to', 'webdataset', '--shard-size', '7'];
  const made = await run('data', 'convert', captions, ...sized, '--out', shards);
  expect(made.code, made.stderr).toBe(exitCode.done);
  const vocabulary = await run('data', 'vocabulary', train(), '--out', words);
  expect(vocabulary.code, vocabulary.stderr).toBe(exitCode.done);
  config = await writeTiny(join(folder, 'tiny.json'), { data: { tokenizer: words } });
});
afterAll(async () => {
  child?.process.kill('SIGKILL');
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The training shards of the scenes, in a folder or at an address. */
const train = (at = shards): string => `${at}/train-{000000..000002}.tar`;
const held = (): string => join(shards, 'test-000000.tar');

interface Places {
  readonly stream?: string;
  readonly captions?: string;
}

const ofRun = (out: string, more: readonly string[] = [], at: Places = {}): string[] => [
  ...['train', '--config', config, '--out', join(folder, out), '--engine', 'cpu', '--json'],
  ...['--stream', at.stream ?? train(), '--captions', at.captions ?? held(), ...more],
];

async function trained(out: string, more?: readonly string[], at?: Places): Promise<Ended> {
  const end = await run(...ofRun(out, more, at));
  expect(end.code, end.stderr).toBe(exitCode.done);
  return end;
}

const steps = (count: number): string[] => ['--set', `training.steps=${count}`];

/** The losses of a run, to the bit. */
async function losses(out: string): Promise<readonly number[]> {
  const lines = (await readFile(join(folder, out, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n');
  return lines.flatMap((line) => (JSON.parse(line) as { loss?: number }).loss ?? []);
}

async function lastCheckpoint(out: string): Promise<readonly Buffer[]> {
  const checkpoints = join(folder, out, 'checkpoints');
  const names = (await readdir(checkpoints)).sort().slice(-2);
  return Promise.all(names.map((name) => readFile(join(checkpoints, name))));
}

describe('train --stream', () => {
  it('trains on shards, measures what is held, and tells what was read', async () => {
    expect((await readdir(shards)).sort()).toEqual([
      ...['test-000000.tar', 'train-000000.tar', 'train-000001.tar', 'train-000002.tar'],
      'val-000000.tar',
    ]);
    const { stdout, stderr } = await trained('plain', steps(12));
    const results = JSON.parse(stdout) as Record<string, Record<string, number>>;
    expect(results['stream']).toMatchObject({ others: 0, rejected: 0 });
    // 12 steps of 4 pairs, and what was prepared ahead.
    expect(results['stream']!['samples']).toBeGreaterThanOrEqual(48);
    expect(results['metrics']).toHaveProperty('retrieval.i2t.r1');
    expect(results['floors']).toEqual({});
    expect(stderr).toMatch(/Training 12\/12.*pass 3 over the stream/);
    const record = JSON.parse(await readFile(join(folder, 'plain', 'run.json'), 'utf8')) as {
      identity: { stream: string };
      paths: { stream: string[] };
    };
    expect(record.identity.stream).toMatch(/^sha256:/);
    expect(record.paths.stream).toHaveLength(3);
    const measured = await run('eval', '--run', join(folder, 'plain'), '--engine', 'cpu', '--json');
    expect(measured.code, measured.stderr).toBe(exitCode.done);
    expect((JSON.parse(measured.stdout) as typeof results)['metrics']).toEqual(results['metrics']);
  });

  it('goes on after kill -9 to the bits of a run that never stopped', async () => {
    const more = [...steps(16), '--set', 'training.checkpointEvery=2'];
    child = new Child(ofRun('killed', more), folder);
    await child.says(/Training \d+\/16/);
    // The files of the second checkpoint: the first one is whole.
    const second = join(folder, 'killed', 'checkpoints', 'step-00000004.params.safetensors');
    while (!existsSync(second)) await setTimeout(5);
    child.process.kill('SIGKILL');
    expect((await child.ended()).signal).toBe('SIGKILL');
    const again = await trained('killed', more);
    expect(again.stderr).toMatch(/Continuing after step \d+/);
    await trained('whole', more);
    expect(await lastCheckpoint('killed')).toEqual(await lastCheckpoint('whole'));
  }, 300_000);

  it('reads addresses to the bits of files', async () => {
    server = createServer((request, response) => {
      readFile(join(shards, request.url ?? '')).then(
        (bytes) => response.end(bytes),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const before = await trained('files');
    const net = await trained('net', [], { stream: train(at), captions: `${at}/test-000000.tar` });
    expect(JSON.parse(net.stdout)).toEqual(JSON.parse(before.stdout));
    expect(await losses('net')).toEqual(await losses('files'));
    const none = await run(...ofRun('none', [], { stream: `${at}/none.tar` }));
    expect(none.stderr).toContain('HTTP 404');
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });

  it('goes on with the same data alone', async () => {
    await trained('same');
    const moved = join(folder, 'moved');
    await cp(shards, moved, { recursive: true });
    await trained('same', [], { stream: train(moved) });
    const shard = join(moved, 'train-000001.tar');
    await writeFile(shard, Buffer.concat([await readFile(shard), Buffer.alloc(512)]));
    const other = await run(...ofRun('same', [], { stream: train(moved) }));
    expect(other.code).toBe(exitCode.usage);
    expect(other.stderr).toMatch(/stream changed: fingerprint/);
    const source = JSON.stringify({ source: train(), shuffle: 0 });
    const shuffled = await run(...ofRun('same', ['--set', `data.stream=${source}`]));
    expect(shuffled.stderr).toContain('config.data.stream.shuffle: 4096 → 0');
  });

  it('passes over rows of other splits, and measures held rows that name none', async () => {
    const lines = (await readFile(captions, 'utf8')).trimEnd().split('\n');
    const rows = lines.map((line) => JSON.parse(line) as { split?: string });
    const tested = rows.filter(({ split }) => split === 'test');
    const file = join(folder, 'scenes', 'tested.jsonl');
    await writeFile(
      file,
      tested.map((row) => JSON.stringify({ ...row, split: undefined })).join('\n'),
    );
    const end = await trained('rows', steps(8), { stream: captions, captions: file });
    const { stream } = JSON.parse(end.stdout) as { stream: { others: number } };
    expect(stream.others).toBeGreaterThan(0);
    expect(end.stderr).toContain('rows of other splits were passed over');
    expect(JSON.parse(end.stdout)).toMatchObject({ split: 'test' });
  });

  it('says its plan without epochs', async () => {
    const { stdout } = await trained('planned', ['--dry-run']);
    const plan = JSON.parse(stdout) as object;
    expect(plan).toMatchObject({ steps: 2, pairsPerStep: 4 });
    expect(plan).not.toHaveProperty('epochs');
    expect(existsSync(join(folder, 'planned'))).toBe(false);
  });
});

describe('what needs all pairs is refused, with the reason', () => {
  it.each([
    ['data.tokenizer=null', 'a text'],
    ['data.holdOut={"test":0.1}', 'which records are held out'],
    ['data.policy=placeholder', 'damaged pictures are left out'],
    ['data.missing=fail', 'not looked for before training'],
    ['task={"name":"classification"}', 'the labels of all training pairs'],
    ['training.sampling=balanced', 'depends on all labels'],
    ['training.evaluate={"split":"train","every":1}', 'a split is measured as a whole'],
  ])('%s', async (setting, message) => {
    const end = await run(...ofRun('refused', ['--set', setting]));
    expect([end.code, end.stderr]).toEqual([exitCode.usage, expect.stringContaining(message)]);
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });

  it.each([
    ['{"source":[]}', 'a list of at least 1 entries'],
    ['{"source":"a.tar","shufle":1}', 'there is no key "data.stream.shufle"'],
    ['{"source":"a.tar","shuffle":-1}', 'a number of at least 0'],
  ])('data.stream=%s', async (stream, message) => {
    const own = ['--config', config, '--captions', held(), '--set', `data.stream=${stream}`];
    const end = await run('train', ...own, '--out', join(folder, 'refused'));
    expect([end.code, end.stderr]).toEqual([exitCode.usage, expect.stringContaining(message)]);
  });

  it('a tokenizer of the training captions', async () => {
    const plain = await writeTiny(join(folder, 'words.json'));
    const own = ['--config', plain, '--stream', train(), '--captions', held()];
    const end = await run('train', ...own, '--out', join(folder, 'refused'));
    expect(end.code).toBe(exitCode.usage);
    expect(end.stderr).toContain('crossweave data vocabulary');
  });

  it('an ablation', async () => {
    const stream = ['--set', 'data.stream=shards.tar', '--out', join(folder, 'refused')];
    const end = await run('ablate', '--preset', 'quickstart', ...stream);
    expect(end.code).toBe(exitCode.usage);
    expect(end.stderr).toContain('an ablation does not stream');
  });
});

describe('data vocabulary', () => {
  it('is the tokenizer that train makes of the same captions', async () => {
    const plain = await writeTiny(join(folder, 'plain.json'), { training: { steps: 1 } });
    const out = join(folder, 'held');
    const own = ['--config', plain, '--captions', captions, '--out', out, '--engine', 'cpu'];
    expect((await run('train', ...own)).code).toBe(exitCode.done);
    const tokenizer = await readFile(join(out, 'tokenizer', 'tokenizer.json'), 'utf8');
    expect(await readFile(join(words, 'tokenizer.json'), 'utf8')).toBe(tokenizer);
  });

  it('names the splits there are, and counts damaged rows', async () => {
    const file = join(folder, 'few.jsonl');
    await writeFile(file, '{"image":"a.png","caption":"red","split":"trainn"}\n{"image":1}\n');
    const wrong = await run('data', 'vocabulary', file, '--out', join(folder, 'few'));
    expect(wrong.code).toBe(exitCode.failed);
    expect(wrong.stderr).toContain('Did you mean --split trainn?');
    expect(existsSync(join(folder, 'few'))).toBe(false);
    const right = ['--split', 'trainn', '--out', join(folder, 'few'), '--json'];
    const { stdout } = await run('data', 'vocabulary', file, ...right);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 2, captions: 1, rejected: 1, tokens: 6 });
  });
});
