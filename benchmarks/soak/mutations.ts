import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const usage = `npm run bench -- mutations [--count N]

Reads N mutated files (default 10,000) of each form (JSONL, CSV, TSV, COCO, WebDataset plain and
compressed, Parquet, Flickr30k) and of each kind of tokenizer: the tests of the suite, which try fewer.
They fail for an error without a type, and where samples and rejects are not the rows together.`;

const root = fileURLToPath(new URL('../../', import.meta.url));
const tests = ['forms', 'records', 'text'].map(
  (part) => `packages/data/src/${part}/mutations.test.ts`,
);

export async function mutationsSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      count: { type: 'string', default: '10000' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || !/^[1-9]\d*$/.test(values.count)) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const child = spawn('npx', ['vitest', 'run', '--testTimeout=3600000', ...tests], {
    cwd: root,
    env: { ...process.env, CROSSWEAVE_MUTATIONS: values.count },
    stdio: 'inherit',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
