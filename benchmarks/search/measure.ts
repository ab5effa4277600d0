/** `measure.ts NAME FOLDER DIM TOP PEERS`: one way to search, measured in a process of its own. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { indexes } from './indexes';
import { readVectors, type Vectors } from './vectors';

const [name = '', folder = '', dim = '', top = '', peers = ''] = process.argv.slice(2);
const width = Number(dim);
const index = await indexes[name]!(folder, peers);
const items = await readVectors(join(folder, 'items.f32'), width);
const queries = await readVectors(join(folder, 'queries.f32'), width);

const built = await timed(() => index.build(items));
const singles = 50;
await index.search(part(0, 1), Number(top));
const single = await timed(async () => {
  for (let i = 0; i < singles; i++) await index.search(part(i, i + 1), Number(top));
});
await index.search(queries, Number(top));
const all = await timed(() => index.search(queries, Number(top)));
const rows = all.result.map((found) => Array.from(found));
await writeFile(join(folder, `${name}.json`), JSON.stringify(rows));
const per = 1000 / singles;
console.log(
  JSON.stringify({
    version: index.version,
    build: { cpu: built.cpu, wall: built.wall },
    query: { cpu: per * single.cpu, wall: per * single.wall },
    batch: { cpu: all.cpu, wall: all.wall },
  }),
);
process.exit();

function part(from: number, to: number): Vectors {
  const values = queries.values.slice(from * width, to * width);
  return { rows: to - from, dim: width, values };
}

/** Seconds of the processor, of all threads, and of the clock. */
async function timed<T>(run: () => Promise<T>): Promise<{ result: T; cpu: number; wall: number }> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  const result = await run();
  const { user, system } = process.cpuUsage(before);
  return { result, cpu: (user + system) / 1e6, wall: (performance.now() - start) / 1000 };
}
