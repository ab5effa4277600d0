import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { disposeParams } from '@crossweave/core';
import { loadSafetensors } from '@crossweave/checkpoints/node';
import { validateResults } from '@crossweave/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCode, main } from './main';

let folder = '';
let captions = '';

/** A process that only remembers what was written. */
async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' };
  const code = await main(args, {
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    on: () => undefined,
    removeListener: () => undefined,
    exit: () => undefined,
  });
  return { code, ...written };
}

/** Training so short that only its plumbing is tested. */
const tiny = [
  ...['--set', 'towers.steps=2', '--set', 'towers.batchSize=4'],
  ...['--set', 'fusion.steps=2', '--set', 'fusion.batchSize=4', '--set', 'seeds=[1]'],
];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossweave-cli-'));
  const made = await run('data', 'make', 'scenes', '--n', '60', '--out', join(folder, 'scenes'));
  expect(made.code).toBe(exitCode.done);
  captions = join(folder, 'scenes', 'captions.jsonl');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('commands', () => {
  it('explain themselves', async () => {
    const overview = await run('--help');
    expect(overview.code).toBe(0);
    for (const name of ['doctor', 'engine add', 'data make', 'train', 'eval', 'ablate']) {
      expect(overview.stdout).toContain(name);
      const help = await run(...name.split(' '), '--help');
      expect(help.code).toBe(0);
      expect(help.stdout).toContain('Example: crossweave');
    }
  });

  it('doctor reports every engine, usable or why not', async () => {
    const { code, stdout } = await run('doctor', '--json');
    const report = JSON.parse(stdout) as { auto: string; engines: { name: string }[] };
    expect(code).toBe(0);
    // On a processor where it is clearly faster `auto` takes OpenVINO, if its library is there.
    expect(report.auto).toMatch(/^onnx(:openvino)?$/);
    expect(report.engines.map(({ name }) => name)).toEqual([
      ...[
        'tensorflow-gpu',
        'xla:cuda',
        'xla:rocm',
        'xla:tpu',
        'onnx',
        'onnx:webgpu',
        'onnx:cuda',
        'onnx:openvino',
        'xla:cpu',
        'tensorflow',
        'wasm',
        'cpu',
      ],
    ]);
  });

  it('data make keeps a finished dataset and refuses to overwrite another', async () => {
    const again = await run('data', 'make', 'scenes', '--n', '60', '--out', join(folder, 'scenes'));
    expect(again.stdout).toContain('already holds these 60 pictures');
    const other = await run('data', 'make', 'scenes', '--n', '61', '--out', join(folder, 'scenes'));
    expect(other.code).toBe(exitCode.usage);
    expect(other.stderr).toContain('the folder holds another dataset');
  });

  it('ablate writes results, reports and a run record, and repeats no finished trial', async () => {
    const out = join(folder, 'ablation');
    const args = [
      'ablate',
      '--preset',
      'quickstart',
      '--captions',
      captions,
      '--out',
      out,
      ...tiny,
    ];
    const first = await run(...args);
    expect(first.stderr).not.toContain('Error');
    expect(first.code).toBe(0);
    const results = validateResults(JSON.parse(await readFile(join(out, 'results.json'), 'utf8')));
    expect(results.arms.map(({ name }) => name)).toContain('cross-attention');
    expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('<svg');
    expect(await readFile(join(out, 'report.md'), 'utf8')).toContain('cross-attention');
    expect(JSON.parse(await readFile(join(out, 'run.json'), 'utf8'))).toMatchObject({
      identity: { command: 'ablate', data: expect.stringMatching(/^sha256:/) },
      environment: { engine: expect.stringMatching(/^onnx(:openvino)?$/) as string },
      load: { rows: 60, rejected: 0 },
    });

    const flops = results.arms.map((arm) => arm.flops);
    expect(flops.every((count) => count !== undefined && count > 0)).toBe(true);
    expect(await readFile(join(out, 'report.md'), 'utf8')).toContain('FLOPs a pair');

    const second = await run(...args);
    expect(second.code).toBe(0);
    expect(second.stderr).toContain('Towers: already trained');
    expect(second.stderr).toContain('cross-attention, seed 1: already done');
    expect(second.stdout).toBe(first.stdout);
  });

  it('ablate gives arms the size of another, and says so', async () => {
    const out = join(folder, 'matched');
    const small = { heads: 2, layers: 1, maxTextTokens: 32 };
    const arms = {
      cross: { name: 'co-attention', options: { ...small, dim: 16 } },
      early: { name: 'single-stream', options: small, match: { to: 'cross', by: 'parameters' } },
      late: {
        name: 'dual-encoder',
        options: { projection: 'mlp' },
        match: { to: 'early', by: 'flops' },
      },
    };
    const { code, stderr } = await run(
      ...['ablate', '--preset', 'quickstart', '--captions', captions, '--out', out, ...tiny],
      ...['--set', `arms=${JSON.stringify(arms)}`],
    );
    expect(stderr).toContain('Arm early: single-stream(');
    expect(code).toBe(0);
    const results = validateResults(JSON.parse(await readFile(join(out, 'results.json'), 'utf8')));
    const [cross, early, late] = results.arms;
    expect(Math.abs(early!.params / cross!.params - 1)).toBeLessThan(0.15);
    expect(Math.abs(late!.flops! / early!.flops! - 1)).toBeLessThan(0.15);
  });

  it('train writes a run that eval measures as train did', async () => {
    const out = join(folder, 'dual');
    const settings = ['--set', 'training.steps=3', '--set', 'training.batchSize=4'];
    const shared = ['--captions', captions, '--json'];
    const trained = await run(
      ...['train', '--preset', 'dual-encoder', '--out', out, ...shared, ...settings],
    );
    expect(trained.code).toBe(0);
    const { steps, metrics } = JSON.parse(trained.stdout) as {
      steps: number;
      metrics: Record<string, number>;
    };
    expect(steps).toBe(3);
    const other = await run(
      ...['train', '--preset', 'dual-encoder', '--out', out, ...shared, '--set', 'seed=5'],
    );
    expect(other.code).toBe(exitCode.usage);
    expect(other.stderr).toContain('another run: config.training.steps: 3 → 260');
    const again = await run(
      ...['train', '--preset', 'dual-encoder', '--out', out, ...shared, ...settings],
    );
    expect(JSON.parse(again.stdout)).toEqual(JSON.parse(trained.stdout));
    const measured = await run('eval', '--run', out, '--json');
    expect(JSON.parse(measured.stdout)).toMatchObject({ step: 3, split: 'test', metrics });
  });
});

describe('train begins with weights', () => {
  const weightsOf = async (out: string, step: number) =>
    loadSafetensors(
      join(out, 'checkpoints', `step-${String(step).padStart(8, '0')}.params.safetensors`),
    );
  const start = (out: string, ...settings: string[]) =>
    run(
      ...['train', '--preset', 'dual-encoder', '--out', out, '--captions', captions, '--json'],
      ...['training.steps=2', 'training.batchSize=4', ...settings].flatMap((one) => ['--set', one]),
    );

  it('of another run, with a frozen tower, adapters and layers computed again', async () => {
    const first = join(folder, 'first');
    expect((await start(first)).code).toBe(0);
    const trained = await weightsOf(first, 2);
    const from = (part: string): string =>
      JSON.stringify({
        from: join(first, 'checkpoints', 'step-00000002.params.safetensors'),
        prefix: `${part}.`,
      });
    const second = join(folder, 'second');
    const settings = [
      ...[`image.weights=${from('image')}`, 'image.freeze="all"', 'data.normalise=imagenet'],
      `data.tokenizer=${join(first, 'tokenizer')}`,
      ...[`text.weights=${from('text')}`, 'text.freeze="base"', 'text.lora={"rank":2,"alpha":4}'],
      'training.recompute=true',
      'training.loss={"name":"momentum-contrastive"}',
      'training.teacher={"momentum":0.9,"queue":6}',
    ];
    const { code, stdout, stderr } = await start(second, ...settings);
    expect(code, stderr).toBe(0);
    const tuned = await weightsOf(second, 2);
    const twin = await readdir(join(second, 'checkpoints'));
    expect(twin).toContain('step-00000002.teacher.safetensors');
    for (const [path, value] of Object.entries(trained)) {
      if (!/^(image|text)\./.test(path)) continue;
      expect(tuned[path]!.dataSync(), path).toEqual(value.dataSync());
    }
    const adapters = Object.keys(tuned).filter((path) => path.includes('.lora_B.'));
    expect(adapters).toHaveLength(4);
    for (const path of adapters) {
      expect(tuned[path]!.dataSync().some((value) => value !== 0)).toBe(true);
    }
    const { metrics } = JSON.parse(stdout) as { metrics: object };
    const measured = await run('eval', '--run', second, '--json');
    expect(JSON.parse(measured.stdout)).toMatchObject({ step: 2, metrics });
    [trained, tuned].forEach(disposeParams);
  });

  it('and refuses what does not fit, or would do nothing', async () => {
    const out = join(folder, 'refused');
    const nowhere = ['image.weights="org/none-such"', 'data.normalise=imagenet'];
    const absent = await start(out, ...nowhere);
    expect([absent.code, absent.stderr]).toEqual([
      exitCode.failed,
      expect.stringMatching(/no such model in a cache.*download/),
    ]);
    expect(existsSync(join(out, 'run.json'))).toBe(false);
    const nothing = await start(join(folder, 'nothing'), 'image.freeze={"upTo":"layer9"}');
    expect([nothing.code, nothing.stderr]).toEqual([
      exitCode.usage,
      expect.stringMatching(/"image: layer9" would freeze nothing/),
    ]);
  });
});

describe('bad input ends with a typed message and its exit code', () => {
  const ablation = (...args: string[]) =>
    run(
      ...['ablate', '--preset', 'quickstart', '--captions', captions, '--out', join(folder, 'bad')],
      ...args,
    );

  it.each([
    ['a misspelt command', ['ablat'], exitCode.usage, 'Did you mean "ablate"?'],
    ['a misspelt flag', ['doctor', '--jsn'], exitCode.usage, 'Did you mean --json?'],
    ['no config', ['ablate', '--out', 'x'], exitCode.usage, 'either --config FILE or --preset'],
    [
      'a misspelt preset',
      ['ablate', '--preset', 'quikstart', '--out', 'x'],
      exitCode.usage,
      'Did you mean "quickstart"?',
    ],
    ['an engine that needs nothing', ['engine', 'add', 'onnx'], exitCode.usage, 'got onnx'],
    [
      'a release that is none',
      ['engine', 'add', 'tensorflow', '--tensorflow', 'latest'],
      exitCode.usage,
      '--tensorflow must be a release',
    ],
    [
      'a seed that is none',
      ['data', 'make', 'scenes', '--seed=-1', '--out', 'x'],
      exitCode.usage,
      '--seed must be a whole number',
    ],
  ] as const)('%s', async (_what, args, code, message) => {
    const result = await run(...args);
    expect(result.stderr).toContain(message);
    expect(result.code).toBe(code);
  });

  it.each([
    ['a misspelt key', 'towers.stpes=3', exitCode.usage, 'Did you mean "steps"?'],
    [
      'a misspelt option of a strategy',
      'image.options.strids=[1]',
      exitCode.usage,
      'Did you mean "strides"?',
    ],
    ['batch size 0', 'towers.batchSize=0', exitCode.usage, '"towers.batchSize" does not fit'],
    [
      'a NaN learning rate',
      'fusion.learningRate.fusion=NaN',
      exitCode.usage,
      '"fusion.learningRate.fusion" does not fit',
    ],
    [
      'an unknown fusion',
      'arms.early.name=singlestream',
      exitCode.usage,
      'Did you mean "single-stream"?',
    ],
    ['an empty split', 'data.test=tset', exitCode.failed, 'test'],
  ] as const)('%s', async (_what, setting, code, message) => {
    const result = await ablation('--set', setting);
    expect(result.stderr).toContain(message);
    expect(result.code).toBe(code);
  });

  it('an unknown engine', async () => {
    const result = await ablation('--engine', 'onx');
    expect(result.stderr).toContain('EngineError');
    expect(result.stderr).toContain('Did you mean "onnx"?');
    expect(result.code).toBe(exitCode.failed);
  });

  it('a missing image, an empty captions file, and one that is not there', async () => {
    const broken = join(folder, 'broken');
    await run('data', 'make', 'scenes', '--n', '20', '--out', broken);
    await unlink(join(broken, 'images', '000003.jpg'));
    const file = join(broken, 'captions.jsonl');
    const start = () =>
      run('ablate', '--preset', 'quickstart', '--captions', file, '--out', join(folder, 'bad2'));
    const missing = await start();
    expect(missing.stderr).toContain('000003.jpg');
    expect(missing.code).toBe(exitCode.failed);

    await writeFile(file, '');
    const empty = await start();
    expect(empty.stderr).toContain('holds no captions');
    expect(empty.code).toBe(exitCode.failed);

    await unlink(file);
    const absent = await start();
    expect(absent.stderr).toContain('DataError');
    expect(absent.code).toBe(exitCode.failed);
  });

  it('is one JSON document with --json', async () => {
    const { code, stdout } = await ablation('--engine', 'onx', '--json');
    expect(code).toBe(exitCode.failed);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'engine' } });
  });
});
