import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { foldIn, key, uniformArray } from '@crossweave/core';
import { loadTokenizer, writeBertTokenizer, type Tokenizer } from '@crossweave/data';

const usage = `npm run bench -- tokenizing --vocabulary FILE [--python PATH] [--count N] [--rounds N]

Tokenises captions of 8 to 16 words of a BERT vocabulary (default 10,000 captions; FILE has one token a line, such
as bert-base-uncased's vocab.txt): here, and by Hugging Face's Rust tokenizers from Python, one by one and as a
batch in one thread. Tells the processor time of a caption (least of the rounds, default 5), and fails unless the ids are the same.`;

/** Milliseconds of processor time of all captions, and the ids of each. */
interface Peer {
  readonly oneByOne: number;
  readonly batch: number;
  readonly ids: readonly (readonly number[])[];
  readonly version: string;
}

export async function tokenizingSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      vocabulary: { type: 'string', default: '' },
      python: { type: 'string', default: process.env['CROSSWEAVE_PYTHON'] ?? 'python3' },
      count: { type: 'string', default: '10000' },
      rounds: { type: 'string', default: '5' },
      help: { type: 'boolean', default: false },
    },
  });
  const [count, rounds] = [Number(values.count), Number(values.rounds)];
  const whole = [count, rounds].every((each) => Number.isInteger(each) && each > 0);
  if (values.help || values.vocabulary === '' || !whole) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const vocabulary = (await readFile(values.vocabulary, 'utf8')).trimEnd().split('\n');
  const folder = await mkdtemp(join(tmpdir(), 'crossweave-tokenizing-'));
  try {
    await writeBertTokenizer(vocabulary, folder);
    const captions = captionsOf(vocabulary, count);
    await writeFile(join(folder, 'captions.json'), JSON.stringify(captions));
    const tokenizer = await loadTokenizer(folder);
    const ours = processorTime(rounds, () => encodeAll(tokenizer, captions));
    const script = fileURLToPath(new URL('../peers/tokenizing.py', import.meta.url));
    const env = { ...process.env, TOKENIZERS_PARALLELISM: 'false' };
    const printed = execFileSync(values.python, [script, folder, values.rounds], {
      ...{ encoding: 'utf8', env, maxBuffer: 2 ** 30 },
    });
    const peer = JSON.parse(printed) as Peer;
    const ids = captions.map((caption) => [...tokenizer.encode(caption)]);
    const same = JSON.stringify(ids) === JSON.stringify(peer.ids);
    const tokens = ids.flat().length / count;
    const micro = (milliseconds: number): string => ((1000 * milliseconds) / count).toFixed(1);
    console.log(
      [
        `${count} captions, ${tokens.toFixed(1)} tokens each; ids ${same ? 'the same' : 'OTHERS'}; tokenizers ${peer.version}`,
        '',
        '| | processor time of a caption, µs | ratio to ours |',
        '| --- | --- | --- |',
        `| here | ${micro(ours)} | 1 |`,
        `| Rust tokenizers, one by one | ${micro(peer.oneByOne)} | ${(peer.oneByOne / ours).toFixed(2)} |`,
        `| Rust tokenizers, as a batch in one thread | ${micro(peer.batch)} | ${(peer.batch / ours).toFixed(2)} |`,
      ].join('\n'),
    );
    return same ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Words in an order drawn with a lean to the front of the vocabulary, where common words stand. */
function captionsOf(vocabulary: readonly string[], count: number): string[] {
  const words = vocabulary.filter((token) => /^[a-z]{2,}$/.test(token));
  return Array.from({ length: count }, (_, i) => {
    const draws = uniformArray(foldIn(key(1), i), 17);
    const length = 8 + Math.floor(draws[16]! * 9);
    const drawn = [...draws].map((draw) => words[Math.floor(draw ** 3 * words.length)]!);
    // Two words in one, which the tokenizer must cut.
    return [`${drawn[0]!}${drawn[1]!}`, ...drawn.slice(2, length)].join(' ');
  });
}

function encodeAll(tokenizer: Tokenizer, captions: readonly string[]): number {
  return captions.reduce((sum, caption) => sum + tokenizer.encode(caption).length, 0);
}

/** The least of the rounds, in milliseconds. */
function processorTime(rounds: number, work: () => void): number {
  const times = Array.from({ length: rounds + 1 }, () => {
    const began = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1000;
  });
  // The first round compiles.
  return Math.min(...times.slice(1));
}
