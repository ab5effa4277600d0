import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { makeVectors } from './vectors';

const usage = `npm run bench -- search [--items N] [--dim D] [--queries N] [--python PATH] [--peers FOLDER] [--only NAME,…]

The 10 nearest of N made-up vectors (default 100,000) of D numbers (default 512) to each of N queries (default
1,000): exactly by \`nearest\` and by FAISS, and by graphs (HNSW, 16 neighbours, 128 candidates while building, 64
while searching) of FAISS, usearch and LanceDB, each in a process of its own, one after the other. Recall is
against \`nearest\`. FAISS comes from the Python of --python (faiss-cpu), the other two from a folder where
\`npm install usearch @lancedb/lancedb apache-arrow\` was run. What is not there is left out, and said.`;

interface Reading {
  readonly version: string;
  readonly build: Seconds;
  /** One query at a time: milliseconds. */
  readonly query: Seconds;
  /** All queries in one call. */
  readonly batch: Seconds;
}
interface Seconds {
  readonly cpu: number;
  readonly wall: number;
}

const top = 10;
const names = ['nearest', 'faiss-flat', 'faiss-hnsw', 'usearch', 'lancedb'];
const cwd = fileURLToPath(new URL('../', import.meta.url));
const run = promisify(execFile);

export async function searchSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      items: { type: 'string', default: '100000' },
      dim: { type: 'string', default: '512' },
      queries: { type: 'string', default: '1000' },
      python: { type: 'string', default: process.env['CROSSWEAVE_PYTHON'] ?? 'python3' },
      peers: { type: 'string', default: '.' },
      only: { type: 'string', default: names.join(',') },
      help: { type: 'boolean', default: false },
    },
  });
  const sizes = [values.items, values.dim, values.queries].map(Number);
  const [items, dim, queries] = sizes as [number, number, number];
  if (values.help || !sizes.every((size) => Number.isInteger(size) && size > 0)) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const [processor, load] = [cpus()[0]?.model, loadavg()[0]];
  const folder = await mkdtemp(join(tmpdir(), 'crossweave-search-'));
  try {
    await makeVectors(folder, dim, items, queries);
    console.log(
      `${items} × ${dim}, ${queries} queries; ${processor}, ${availableParallelism()} cores, load ${load?.toFixed(1)}\n`,
    );
    console.log('| search | building, s | one query, ms | all at once, s | recall |');
    console.log('| --- | --- | --- | --- | --- |');
    const wanted = values.only.split(',');
    for (const name of names.filter((each) => wanted.includes(each))) {
      const reading = await measured(
        name,
        folder,
        String(dim),
        values.python,
        resolve(values.peers),
      );
      if (reading === undefined) continue;
      const { version, build, query, batch } = reading;
      const cells = [build, query, batch].map(
        ({ cpu, wall }) => `${cpu.toPrecision(3)} (${wall.toPrecision(3)})`,
      );
      const recall = (await recallOf(folder, name)).toFixed(4);
      console.log(`| ${[`${name} ${version}`, ...cells, recall].join(' | ')} |`);
    }
    console.log('\nTime of the processor, all threads; of the clock in brackets.');
    return 0;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measured(
  name: string,
  folder: string,
  dim: string,
  python: string,
  peers: string,
): Promise<Reading | undefined> {
  const shared = [name, folder, dim, String(top)];
  const source = ['--conditions=@crossweave/source', '--import', 'tsx', '--import', './source.mjs'];
  const [command, args] = name.startsWith('faiss')
    ? [python, ['peers/search.py', ...shared]]
    : [process.execPath, [...source, 'search/measure.ts', ...shared, peers]];
  try {
    const { stdout } = await run(command, args, { cwd });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Reading;
  } catch (error) {
    if (name === 'nearest') throw error;
    console.error(`no ${name}: ${error instanceof Error ? error.message.slice(0, 500) : ''}`);
    return undefined;
  }
}

/** The share of the exact neighbours that were found. */
async function recallOf(folder: string, name: string): Promise<number> {
  const [exact, found] = await Promise.all(
    ['nearest', name].map(
      async (each) =>
        JSON.parse(await readFile(join(folder, `${each}.json`), 'utf8')) as number[][],
    ),
  );
  const shares = exact!.map(
    (rows, i) => rows.filter((row) => found![i]!.includes(row)).length / rows.length,
  );
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}
