import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeVocabulary, writeVocabulary } from '@crossweave/data';

/** Bytes of a run's metrics after which it is killed; without them it runs to its end. */
type Until = number | undefined;

/** Trains a small model on shards through the command line. */
export interface StreamedRun {
  readonly source: string;
  /** Pairs that are held, to measure with. */
  readonly captions: string;
  readonly words: readonly string[];
  readonly steps: number;
  readonly engine: string;
}

/**
 * Tells the memory of `train --stream` on the way. Then kills the same training with SIGKILL at random
 * moments, starts it again after each, and compares the losses of all steps: they are of the same bits
 * where the samples are the same.
 */
export async function trainAndKill(
  folder: string,
  run: StreamedRun,
  kills: number,
): Promise<number> {
  const config = join(folder, 'config.json');
  await writeVocabulary(makeVocabulary(run.words), join(folder, 'words'));
  await writeFile(
    config,
    JSON.stringify({
      data: { captions: run.captions, stream: run.source, imageSize: 16, maxTokens: 8 },
      image: { name: 'resnet', options: { layers: [1], widths: [4] } },
      text: { name: 'bert', options: { dim: 8, layers: 1, heads: 2 } },
      fusion: { name: 'dual-encoder', options: { dim: 8 } },
      training: {
        ...{ loss: { name: 'info-nce' }, steps: run.steps, batchSize: 64, checkpointEvery: 2 },
      },
    }),
  );
  const args = (out: string): string[] => [
    ...['train', '--config', config, '--engine', run.engine, '--out', out],
    ...['--set', `data.tokenizer=${join(folder, 'words')}`],
  ];
  const [whole, killed] = [join(folder, 'whole'), join(folder, 'killed')];
  const held = await live(args(whole), join(whole, 'metrics.jsonl'));
  const tenths = Array.from({ length: 10 }, (_, i) => held[Math.floor((i * held.length) / 10)]!);
  console.log(
    `${run.steps} steps of 64 streamed pairs; resident MB on the way: ${tenths.map((each) => each.toFixed(0)).join(', ')}; most ${Math.max(...held).toFixed(0)}`,
  );
  const metrics = join(killed, 'metrics.jsonl');
  const { size } = await stat(join(whole, 'metrics.jsonl'));
  for (let kill = 0; kill < kills; kill++) {
    const before = (await stat(metrics).catch(() => ({ size: 0 }))).size;
    await live(args(killed), metrics, before + (Math.random() * (size - before)) / (kills - kill));
  }
  await live(args(killed), metrics);
  const [wanted, found] = [await lossesOf(whole), await lossesOf(killed)];
  const same = wanted.length === run.steps && JSON.stringify(wanted) === JSON.stringify(found);
  console.log(
    `${kills} kills of a run of ${run.steps} steps: ${same ? 'the same' : 'OTHER'} losses of all steps`,
  );
  return same ? 0 : 1;
}

/** Runs the command, until it ends or is killed. @returns resident megabytes from the first metrics on, five times a second */
async function live(args: readonly string[], metrics: string, until?: Until): Promise<number[]> {
  const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  const loaders = [import.meta.resolve('tsx'), here('../source.mjs')];
  const child = spawn(
    process.execPath,
    [
      ...loaders.flatMap((each) => ['--import', each]),
      ...['--conditions=@crossweave/source', here('../../packages/cli/src/bin.ts'), ...args],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-2000)));
  const ended = once(child, 'close') as Promise<[number | null]>;
  const held: number[] = [];
  while (child.exitCode === null && child.signalCode === null) {
    await Promise.race([ended, setTimeout(until === undefined ? 200 : 5)]);
    const { size } = await stat(metrics).catch(() => ({ size: 0 }));
    if (until === undefined) {
      if (size > 0) held.push(...(await residentMb(child.pid!)));
    } else if (size >= until) {
      await setTimeout(Math.random() * 100);
      child.kill('SIGKILL');
      break;
    }
  }
  const [code] = await ended;
  if (code !== 0 && until === undefined) throw new Error(said);
  return held;
}

/** Of Linux; nothing once the process has ended. */
async function residentMb(pid: number): Promise<number[]> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(status) ?? [];
  return kilobytes === undefined ? [] : [Number(kilobytes) / 1024];
}

async function lossesOf(run: string): Promise<unknown[]> {
  const lines = (await readFile(join(run, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n');
  return lines
    .map((line) => JSON.parse(line) as { kind: string; step: number; loss: number })
    .filter(({ kind }) => kind === 'step')
    .map(({ step, loss }) => [step, loss]);
}
