/** The ways to search that run in Node, behind one interface. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { useEngine } from '@crossweave/core/engine';
import { nearest } from '@crossweave/models';
import type { Vectors } from './vectors';

/** Rows of the items, the nearest first, for each query. */
export type Rows = ArrayLike<number>[];

export interface SearchIndex {
  readonly version: string;
  /** Makes the index, and saves it where it can be saved. */
  build(items: Vectors): Promise<void>;
  search(queries: Vectors, top: number): Promise<Rows>;
}

/** Candidates while building and while searching, and neighbours kept: of every HNSW here, FAISS's too. */
const hnsw = { neighbours: 16, building: 128, searching: 64 };

/** `peers` is a folder where `npm install usearch @lancedb/lancedb apache-arrow` was run. */
export const indexes: Readonly<
  Record<string, (folder: string, peers: string) => Promise<SearchIndex>>
> = {
  nearest: async () => {
    await useEngine();
    let all: Vectors;
    return {
      version: '',
      build: (items) => Promise.resolve(void (all = items)),
      search: async (queries, top) =>
        (await nearest(queries, all, { top })).map((found) => found.map(({ row }) => row)),
    };
  },

  usearch: (folder, peers) => {
    const load = createRequire(join(peers, 'package.json'));
    const { Index, MetricKind } = load('usearch') as Usearch;
    let index: UsearchIndex;
    return Promise.resolve({
      version: versionOf(load, 'usearch'),
      build: ({ rows, dim, values }) => {
        index = new Index({
          ...{ dimensions: dim, metric: MetricKind['IP']!, quantization: 'f32', multi: false },
          connectivity: hnsw.neighbours,
          expansion_add: hnsw.building,
          expansion_search: hnsw.searching,
        });
        index.add(
          BigUint64Array.from({ length: rows }, (_, row) => BigInt(row)),
          values,
          0,
        );
        index.save(join(folder, 'usearch.index'));
        return Promise.resolve();
      },
      search: ({ rows, values }, top) => {
        const { keys } = index.search(values, top, 0);
        return Promise.resolve(
          Array.from({ length: rows }, (_, i) =>
            [...keys.subarray(i * top, (i + 1) * top)].map(Number),
          ),
        );
      },
    });
  },

  lancedb: async (folder, peers) => {
    const load = createRequire(join(peers, 'package.json'));
    const lance = load('@lancedb/lancedb') as LanceDb;
    const arrow = load('apache-arrow') as Arrow;
    const database = await lance.connect(join(folder, 'lancedb'));
    let table: LanceTable;
    return {
      version: versionOf(load, '@lancedb/lancedb'),
      build: async ({ rows, dim, values }) => {
        const numbers = arrow.makeData({
          type: new arrow.Float32(),
          length: rows * dim,
          data: values,
        });
        const field = new arrow.Field('item', new arrow.Float32(), true);
        const type = new arrow.FixedSizeList(dim, field);
        const vector = arrow.makeVector(
          arrow.makeData({ type, length: rows, nullCount: 0, child: numbers }),
        );
        const id = arrow.vectorFromArray(Int32Array.from({ length: rows }, (_, row) => row));
        table = await database.createTable('items', new arrow.Table({ id, vector }));
        const { neighbours, building } = hnsw;
        // One graph: of several, it searches some.
        const options = {
          distanceType: 'dot',
          numPartitions: 1,
          m: neighbours,
          efConstruction: building,
        };
        await table.createIndex('vector', { config: lance.Index.hnswSq(options) });
      },
      search: async ({ rows, dim, values }, top) => {
        const one = async (row: number): Promise<number[]> => {
          const query = table.search(values.subarray(row * dim, (row + 1) * dim));
          // The graph holds bytes; the vectors themselves decide between its candidates.
          const found = await query
            .distanceType('dot')
            .ef(hnsw.searching)
            .refineFactor(2)
            .select(['id'])
            .limit(top)
            .toArray();
          return found.map(({ id }) => id);
        };
        return Promise.all(Array.from({ length: rows }, (_, row) => one(row)));
      },
    };
  },
};

function versionOf(load: NodeJS.Require, name: string): string {
  const parts = load.resolve(name).split(join('node_modules', name));
  return (load(join(parts[0]!, 'node_modules', name, 'package.json')) as { version: string })
    .version;
}

/** What is used of the two libraries, which are not dependencies. */
interface UsearchIndex {
  add(keys: BigUint64Array, vectors: Float32Array, threads: number): void;
  search(queries: Float32Array, top: number, threads: number): { readonly keys: BigUint64Array };
  save(path: string): void;
}
interface Usearch {
  readonly Index: new (config: Readonly<Record<string, unknown>>) => UsearchIndex;
  readonly MetricKind: Readonly<Record<string, string>>;
}
interface LanceQuery {
  distanceType(name: string): LanceQuery;
  ef(candidates: number): LanceQuery;
  refineFactor(times: number): LanceQuery;
  select(columns: readonly string[]): LanceQuery;
  limit(top: number): LanceQuery;
  toArray(): Promise<{ readonly id: number }[]>;
}
interface LanceTable {
  createIndex(column: string, options: { readonly config: unknown }): Promise<void>;
  search(query: Float32Array): LanceQuery;
}
interface LanceDb {
  connect(
    folder: string,
  ): Promise<{ createTable(name: string, rows: unknown): Promise<LanceTable> }>;
  readonly Index: { hnswSq(options: Readonly<Record<string, unknown>>): unknown };
}
interface Arrow {
  readonly Float32: new () => unknown;
  readonly Field: new (name: string, type: unknown, nullable: boolean) => unknown;
  readonly FixedSizeList: new (size: number, field: unknown) => unknown;
  readonly Table: new (columns: Readonly<Record<string, unknown>>) => unknown;
  makeData(parts: Readonly<Record<string, unknown>>): unknown;
  makeVector(data: unknown): unknown;
  vectorFromArray(values: Int32Array): unknown;
}
