import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { named } from '../../tfjs-backend-onnx/test/left-out';
import { withoutPlugin } from '../../tfjs-backend-xla/test/plugin';
import { Child, makeScenes, writeTiny } from './cli.testing';

const reason = withoutPlugin();
const folder = await mkdtemp(join(tmpdir(), 'crossweave-stop-compiling-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

it.skipIf(reason !== null)(
  named('is stopped while XLA compiles a step, under the thread that compiles', reason),
  async () => {
    const captions = await makeScenes(join(folder, 'scenes'));
    const config = await writeTiny(join(folder, 'config.json'), {
      data: { captions },
      // XLA compiles its six layers for seconds.
      text: { name: 'bert', options: { dim: 48, layers: 6, heads: 4 } },
    });
    // An empty folder of compiled programs.
    const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') };
    const out = join(folder, 'run');
    const args = ['train', '--config', config, '--out', out, '--engine', 'xla:cpu', '--json'];
    const child = new Child(args, folder, env);
    await child.says('Step 1: the engine compiles it');
    child.process.kill('SIGINT');
    const { signal, stdout } = await child.ended();
    expect(signal).toBe('SIGINT');
    expect(JSON.parse(stdout)).toEqual({
      interrupted: 'Stopped after step 0 of 2. The same command continues there.',
    });
    expect(await readFile(join(out, 'metrics.jsonl'), 'utf8')).toContain('"kind":"compiling"');
  },
  120_000,
);
