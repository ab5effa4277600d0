/**
 * Compares ids with those of Python's `tokenizers`, for texts of Unicode's oddities through tokenizers whose
 * parts are joined at random:
 *
 *   npx tsx --conditions=@crossweave/source --import ./benchmarks/source.mjs tooling/tokenizers.ts PYTHON SEED
 *
 * PYTHON is an interpreter with the packages tokenizers and sentencepiece. It runs
 * `reference/tokenizers_random.py`, which makes tokenizers, texts and ids of a seed (default 0).
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DataError } from '../packages/core/src/index';
import { readTokenizer } from '../packages/data/src/text/read-tokenizer';

interface Case {
  readonly tokenizer: Readonly<Record<string, unknown>>;
  readonly texts: readonly string[];
  /** null where Python refuses the tokenizer, or the text. */
  readonly ids: readonly (readonly number[] | null)[] | null;
}

const TOKENIZERS = 500;
const TEXTS = 60;
const SHOWN = 5;

const [python = 'python3', seed = '0'] = process.argv.slice(2);
const script = fileURLToPath(new URL('./reference/tokenizers_random.py', import.meta.url));
const child = spawn(python, [script, seed, String(TOKENIZERS), String(TEXTS)], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const counts = { tokenizers: 0, texts: 0, different: 0, refusedHere: 0, refusedByPython: 0 };
for await (const line of createInterface({ input: child.stdout }))
  compare(JSON.parse(line) as Case);
console.log(counts);
process.exitCode = counts.different > 0 || counts.texts === 0 ? 1 : 0;

function compare({ tokenizer, texts, ids }: Case): void {
  if (ids === null) {
    counts.refusedByPython++;
    return;
  }
  let encode: ReturnType<typeof readTokenizer>;
  try {
    encode = readTokenizer('random', { tokenizer, config: { pad_token: 'a' } });
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    counts.refusedHere++;
    return;
  }
  counts.tokenizers++;
  texts.forEach((text, i) => {
    const expected = ids[i];
    if (expected === null || expected === undefined) return;
    counts.texts++;
    const got = encode(text, { add_special_tokens: true, return_tensor: false }).input_ids;
    if (got.join() === expected.join()) return;
    counts.different++;
    if (counts.different > SHOWN) return;
    const { normalizer, pre_tokenizer: split, added_tokens: added, model } = tokenizer;
    console.log(JSON.stringify({ text, got, expected, normalizer, split, added }));
    console.log(JSON.stringify(model).slice(0, 200));
  });
}
