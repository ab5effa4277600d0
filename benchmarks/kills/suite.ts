import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, readdir, rm, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const usage = `npm run bench -- kills [--kills N] [--engine NAME]

Trains a small model that saves after every second step on an engine (default onnx:cpu), kills the
process (SIGKILL) N times (default 30) at random moments, every second time within the saving of a
state, starts it again after each, and compares the weights, averages and moments in the end with
those of a run that was never stopped. Exit code 1 where a bit differs.`;

const program = fileURLToPath(new URL('run.ts', import.meta.url));
const source = fileURLToPath(new URL('../source.mjs', import.meta.url));
const loaders = [import.meta.resolve('tsx'), source].flatMap((each) => ['--import', each]);

/** When to kill: this long after so many lines of one kind. */
interface Moment {
  readonly line: 'step' | 'saving';
  readonly after: number;
  readonly milliseconds: number;
}

interface Life {
  /** The last line of the process; null where it was killed before its first step. */
  readonly last: string | null;
  readonly wasKilled: boolean;
  /** Median time between the beginning and the end of saving a state, in milliseconds. */
  readonly saving: number;
}

export async function killsSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kills: { type: 'string', default: '30' },
      engine: { type: 'string', default: 'onnx:cpu' },
      help: { type: 'boolean', default: false },
    },
  });
  const kills = Number(values.kills);
  if (values.help || !Number.isInteger(kills) || kills < 1) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const folder = await mkdtemp(join(tmpdir(), 'crossweave-kills-'));
  try {
    const steps = 10 * kills + 20;
    const [whole, killed] = [join(folder, 'whole'), join(folder, 'killed')];
    const run = (path: string, moment?: Moment): Promise<Life> =>
      live([path, String(steps), values.engine], moment);
    const { saving } = await run(whole);
    const lasts: (string | null)[] = [];
    while (lasts.length < kills) {
      const life = await run(killed, momentOf(lasts.length, saving));
      if (!life.wasKilled) throw new Error('the run ended before it was killed often enough');
      lasts.push(life.last);
    }
    await run(killed);
    const during = lasts.filter((last) => last?.startsWith('saving') === true).length;
    const same = (await digest(whole, steps)) === (await digest(killed, steps));
    console.log(
      `${kills} kills of a run of ${steps} steps on ${values.engine}, ${during} of them while a state was saved: ` +
        `${same ? 'the same bits in the end' : 'OTHER BITS in the end'}.`,
    );
    return same ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Every second one within the saving of a state; a process makes at most eight steps. */
function momentOf(index: number, saving: number): Moment {
  const line = index % 2 === 0 ? 'saving' : 'step';
  const after = 1 + Math.floor(Math.random() * (line === 'saving' ? 4 : 8));
  return { line, after, milliseconds: Math.random() * saving };
}

/** Starts the run and waits until it ends or is killed. */
async function live(options: readonly string[], moment?: Moment): Promise<Life> {
  const child = spawn(
    process.execPath,
    [...loaders, '--conditions=@crossweave/source', program, ...options],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let [seen, began]: [number, number] = [0, 0];
  const savings: number[] = [];
  let last: string | null = null;
  let timer: NodeJS.Timeout | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = line;
    if (line.startsWith('saving')) began = performance.now();
    if (line.startsWith('saved')) savings.push(performance.now() - began);
    if (moment === undefined || !line.startsWith(moment.line) || ++seen !== moment.after) return;
    timer = setTimeout(() => child.kill('SIGKILL'), moment.milliseconds);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  const wasKilled = signal === 'SIGKILL';
  if (!wasKilled && code !== 0) throw new Error(`the run failed with ${String(code)}`);
  // Not the longest: on a busy machine that is longer than many steps.
  const saving = savings.sort((a, b) => a - b)[savings.length >> 1] ?? 0;
  return { last, wasKilled, saving };
}

/** A hash over the files of the last state. */
async function digest(run: string, steps: number): Promise<string> {
  const folder = join(run, 'checkpoints');
  const start = `step-${String(steps).padStart(8, '0')}`;
  const names = (await readdir(folder)).filter((name) => name.startsWith(start)).sort();
  if (names.length < 3) throw new Error(`the last state is not whole: ${names.join(', ')}`);
  const hash = createHash('sha256');
  for (const name of names) hash.update(name).update(await readFile(join(folder, name)));
  return hash.digest('hex');
}
