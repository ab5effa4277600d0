import { parseArgs } from 'node:util';
import { key, normalArray, type PairRecord } from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import { dualEncoder } from '@crossweave/fusion';
import { FeatureTable, evaluateFusion, type FeatureCache } from '@crossweave/lab';

const usage = `npm run bench -- retrieval [--pairs N] [--dim D]

Evaluates a dual encoder on N images against N texts (default 30,000) of D numbers (default 64): recalls, CPU
seconds, and the resident memory before and at its peak. One matrix of the scores alone would take 4·N² bytes.`;

export async function retrievalSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      pairs: { type: 'string', default: '30000' },
      dim: { type: 'string', default: '64' },
      help: { type: 'boolean', default: false },
    },
  });
  const [pairs, dim] = [Number(values.pairs), Number(values.dim)];
  if (values.help || !Number.isInteger(pairs) || !Number.isInteger(dim) || pairs < 2 || dim < 1) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  await useEngine();
  const cache = madeUp(pairs, dim);
  const fusion = dualEncoder({ dim });
  const params = fusion.init(key(1), cache.imageTable.spec, cache.textTable.spec);
  const before = process.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 200);
  const cpu = process.cpuUsage();
  const { metrics } = await evaluateFusion({ fusion, params }, cache);
  clearInterval(watch);
  const { user, system } = process.cpuUsage(cpu);
  const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
  console.log({
    pairs,
    dim,
    'i2t R@1': metrics['retrieval.i2t.r1'],
    't2i R@1': metrics['retrieval.t2i.r1'],
    'CPU seconds': Math.round((user + system) / 1e6),
    'MiB before': mebibytes(before),
    'MiB more at the peak': mebibytes(peak - before),
    'MiB of one matrix of scores': mebibytes(4 * pairs * pairs),
  });
  return 0;
}

/** Features of images, and of texts beside them, drawn from a normal distribution. */
function madeUp(pairs: number, dim: number): FeatureCache {
  const records = Array.from({ length: pairs }, (_, i): PairRecord => ({
    id: String(i),
    captions: [String(i)],
  }));
  const drawn = normalArray(key(0), 2 * pairs * dim);
  const tableOf = (value: (i: number) => number): FeatureTable => {
    const table = new FeatureTable(dim);
    const none = new Float32Array(0);
    for (let row = 0; row < pairs; row++) {
      const pooled = Float32Array.from({ length: dim }, (_, d) => value(row * dim + d));
      const kinds = { hasTokens: false, present: true, partial: false };
      table.push({ tokens: none, mask: none, pooled, ...kinds });
    }
    return table;
  };
  const imageTable = tableOf((i) => drawn[i]!);
  const textTable = tableOf((i) => drawn[i]! + drawn[pairs * dim + i]!);
  return {
    ...{ name: 'made up', records, imageTable, textTable, fingerprint: 'made up' },
    images: (rows) => Promise.resolve(imageTable.gather(rows)),
    texts: (captions) => textTable.gather(captions.map(Number)),
    textRow: Number,
    textIdentity: (caption) => caption,
  };
}
