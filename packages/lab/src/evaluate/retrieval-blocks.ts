import type { ScoreBlock } from '../metrics/retrieval';
import type { FeatureCache } from '../features/encode-split';
import { pause } from '../features/pause';
import {
  embedRows,
  scorePairs,
  scoreRow,
  type EmbeddedRows,
  type FittedFusion,
  type Pair,
} from './pairs';
import { rerank } from './rerank';
import { retrievalScores, type RetrievalScoresOptions } from './retrieval-scores';

/** One way of retrieval. */
type Way = 'i2t' | 't2i';

/**
 * What {@link retrievalScores} gives, in blocks of `chunk` queries: for a separable fusion, or any that
 * re-ranks what one finds, the memory of scores grows with `chunk` times the candidates. A joint fusion
 * without `dual` scores each pair in a pass of its own and keeps all scores, since passes cost more than they.
 *
 * @returns blocks of one way; each way may be asked for once or more.
 * @throws as `retrievalScores`.
 */
export async function retrievalBlocks(
  fitted: FittedFusion,
  cache: FeatureCache,
  textRows: readonly number[],
  options: RetrievalScoresOptions,
): Promise<(way: Way) => AsyncGenerator<ScoreBlock>> {
  const { dual, top = 16, by = 'sum', ...scoring } = options;
  const finder = dual ?? fitted;
  if (finder.fusion.embed === undefined) {
    const scores = await retrievalScores(fitted, cache, textRows, options);
    return (way) => whole(scores[way]);
  }
  const { imageTable, textTable } = cache;
  const imageRows = Array.from({ length: imageTable.rows }, (_, row) => row);
  const image = await embedRows(finder, 'image', imageTable, imageRows, scoring);
  const text = await embedRows(finder, 'text', textTable, textRows, scoring);
  return async function* blocks(way) {
    const [queries, candidates] = way === 'i2t' ? [image, text] : [text, image];
    const width = rowsOf(candidates);
    let from = 0;
    for await (const block of products(queries, candidates, scoring)) {
      const first = from;
      from += block.length / width;
      if (finder === fitted) {
        yield block;
        continue;
      }
      yield await rerank(block, { width, top, by }, (found) =>
        scorePairs(
          ...([fitted, cache] as const),
          found.map(([query, candidate]): Pair => {
            const [row, column] =
              way === 'i2t' ? [first + query, candidate] : [candidate, first + query];
            return [row, textRows[column]!];
          }),
          scoring,
        ),
      );
    }
  };
}

async function* products(
  queries: EmbeddedRows,
  candidates: EmbeddedRows,
  { chunk = 128, signal }: Pick<RetrievalScoresOptions, 'chunk' | 'signal'>,
): AsyncGenerator<Float64Array> {
  const [total, width] = [rowsOf(queries), rowsOf(candidates)];
  for (let from = 0; from < total; from += chunk) {
    const rows = Math.min(chunk, total - from);
    const block = new Float64Array(rows * width);
    for (let row = 0; row < rows; row++) {
      await pause(signal);
      const own = block.subarray(row * width, (row + 1) * width);
      scoreRow(queries, from + row, candidates, own);
    }
    yield block;
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- one block in the form of several
async function* whole(scores: Float64Array): AsyncGenerator<ScoreBlock> {
  yield scores;
}

function rowsOf({ values, width }: EmbeddedRows): number {
  return values.length / width;
}
