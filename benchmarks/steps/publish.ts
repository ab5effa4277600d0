import { mkdir, readFile } from 'node:fs/promises';
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFileAtomic, writeJsonAtomic } from '@crossweave/core/node';
import type { SuiteOptions } from './options';
import { markdown, type Machine, type SuiteResult } from './report';

const readme = fileURLToPath(new URL('../README.md', import.meta.url));

/** The machine as it stands before the run; a load of other work makes the figures worthless. */
export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${arch()}`,
    loadBefore: Number(loadavg()[0]!.toFixed(2)),
  };
}

/**
 * Prints the table and writes what the options ask for: the results and the table of a whole run
 * where readers look for them, those of some rows only where `--out` says.
 *
 * @throws DataError when a file cannot be written, Error when the README lost its markers.
 */
export async function publish(result: SuiteResult, options: SuiteOptions): Promise<void> {
  const table = markdown(result);
  console.log(table);
  const results = fileURLToPath(new URL(`../results/${result.suite}.json`, import.meta.url));
  if (options.out !== undefined) await writeResults(resolve(options.out), result);
  else if (!options.partial) {
    await writeResults(results, result);
    await writeFileAtomic(readme, between(result.suite, await readFile(readme, 'utf8'), table));
    console.error(`wrote ${readme}`);
  }
}

async function writeResults(path: string, result: SuiteResult): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeJsonAtomic(path, result);
  console.error(`wrote ${path}`);
}

/** The text with a new table between the markers of a suite. @throws Error without the markers. */
export function between(suite: string, text: string, table: string): string {
  const [begin, end] = [`<!-- ${suite} results -->`, `<!-- end of ${suite} results -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) {
    throw new Error(`${readme} must hold the line "${begin}" and after it "${end}".`);
  }
  return `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`;
}
