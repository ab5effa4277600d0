import type { FrozenEncoder } from '@crossweave/core';
import { unlessAborted } from '@crossweave/core/node';
import { disposeTensors, encodeBatch, encoderFingerprint, type Tower } from './encoder-fingerprint';
import { FeatureStore } from './feature-store';
import { pause } from './pause';
import { FeatureTable, type FeatureRow } from './table';

/** Images or texts that are to be encoded. */
export interface Side<Input> {
  readonly tower: Tower<Input> | FrozenEncoder<Input>;
  readonly total: number;
  /** Inputs a pass. */
  readonly batchSize: number;
  readonly load: (rows: readonly number[]) => Input | Promise<Input>;
  /** An input for the encoder's fingerprint; the same one for every split. */
  readonly example: () => Input | Promise<Input>;
  /** Whether the modality of a row is missing: its features are marked by `present`. Default: none is. */
  readonly missing?: ((row: number) => boolean) | undefined;
  /** What tells the inputs of rows apart; undefined for one that is not to be stored. */
  readonly identify: (rows: readonly number[]) => Promise<readonly (string | undefined)[]>;
  /** Folder of a {@link FeatureStore}. */
  readonly store?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** `stored` of those done were in the store. */
  readonly onProgress: (done: number, stored: number) => void;
}

/** The features of all rows. Rows that are in the store are read from it; the others are encoded. */
export async function encodeSide<Input>(side: Side<Input>): Promise<FeatureTable> {
  const { tower, total, store: folder } = side;
  const { features: spec } = 'encode' in tower ? tower : tower.encoder;
  const table = new FeatureTable(spec.dim);
  if (folder === undefined) {
    const all = Array.from({ length: total }, (_, row) => row);
    for await (const { rows } of encoded(side, all)) {
      for (const { at, row } of rows) table.push(marked(side, row, at));
    }
    return table;
  }
  const example = await side.example();
  const fingerprint = await encoderFingerprint(tower, example);
  disposeTensors(example);
  await using store = await FeatureStore.open(folder, fingerprint);
  const known = new Array<FeatureRow | undefined>(total);
  const identities = await identifyAll(side);
  const missing: number[] = [];
  for (let row = 0; row < total; row++) {
    const identity = identities[row];
    known[row] = identity === undefined ? undefined : store.get(identity);
    if (known[row]?.pooled.length !== spec.dim) missing.push(row);
    if (row % 1000 === 999) await pause(side.signal);
  }
  side.onProgress(total - missing.length, total - missing.length);
  for await (const { rows } of encoded(side, missing, total - missing.length)) {
    store.put(
      rows.flatMap(({ at, row }) => {
        known[at] = row;
        const input = identities[at];
        return input === undefined ? [] : [{ input, row }];
      }),
    );
  }
  known.forEach((row, at) => {
    table.push(marked(side, row!, at));
  });
  return table;
}

function marked<Input>({ missing }: Side<Input>, row: FeatureRow, at: number): FeatureRow {
  return missing?.(at) === true ? { ...row, present: false, partial: true } : row;
}

async function identifyAll<Input>(side: Side<Input>): Promise<(string | undefined)[]> {
  const all: (string | undefined)[] = [];
  for (let from = 0; from < side.total; from += side.batchSize) {
    await pause(side.signal);
    const count = Math.min(side.batchSize, side.total - from);
    all.push(...(await side.identify(Array.from({ length: count }, (_, i) => from + i))));
  }
  return all;
}

interface Encoded {
  readonly rows: readonly { readonly at: number; readonly row: FeatureRow }[];
}

/** The features of these rows, pass by pass. */
async function* encoded<Input>(
  { tower, total, batchSize, load, signal, onProgress }: Side<Input>,
  wanted: readonly number[],
  stored = 0,
): AsyncGenerator<Encoded> {
  const { features: spec } = 'encode' in tower ? tower : tower.encoder;
  const size = Math.min(batchSize, total);
  for (let from = 0; from < wanted.length; from += size) {
    await pause(signal);
    const own = wanted.slice(from, from + size);
    // The last pass is filled up with its last row: one shape throughout.
    const input = await load(
      Array.from({ length: size }, (_, i) => own[Math.min(i, own.length - 1)]!),
    );
    // The engine may be compiling, which cannot be stopped: the batch is left to finish in the background.
    const pass = await unlessAborted(onePass(tower, input, spec.dim, own.length), signal);
    yield { rows: own.map((at, i) => ({ at, row: pass.row(i) })) };
    onProgress(stored + from + own.length, stored);
  }
}

/** The features of the first `count` inputs of a batch, whose tensors are disposed. */
async function onePass<Input>(
  tower: Side<Input>['tower'],
  input: Input,
  dim: number,
  count: number,
): Promise<FeatureTable> {
  const pass = new FeatureTable(dim);
  try {
    const encoded = encodeBatch(tower, input);
    const features = 'pooled' in encoded ? encoded : await encoded;
    await pass.append(features, count).finally(() => {
      disposeTensors(features);
    });
  } finally {
    disposeTensors(input);
  }
  return pass;
}
