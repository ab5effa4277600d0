import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, readdir, rm, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const usage = `npm run bench -- kills [--kills N]

Trains a small model that saves after every second step, kills the process (SIGKILL) N times (default
30) at random moments, every second time within the saving of a state, starts it again after each, and
compares the weights, averages and moments in the end with those of a run that was never stopped. Exit
code 1 where a bit differs.`;

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
  /** Longest time between the beginning and the end of saving a state, in milliseconds. */
  readonly saving: number;
}

export async function killsSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kills: { type: 'string', default: '30' },
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
    const { saving } = await live(whole, steps);
    const lasts: (string | null)[] = [];
    while (lasts.length < kills) {
      const life = await live(killed, steps, momentOf(lasts.length, saving));
      if (!life.wasKilled) throw new Error('the run ended before it was killed often enough');
      lasts.push(life.last);
    }
    await live(killed, steps);
    const during = lasts.filter((last) => last?.startsWith('saving') === true).length;
    const same = (await digest(whole, steps)) === (await digest(killed, steps));
    console.log(
      `${kills} kills of a run of ${steps} steps, ${during} of them while a state was saved: ` +
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
async function live(folder: string, steps: number, moment?: Moment): Promise<Life> {
  const child = spawn(
    process.execPath,
    [...loaders, '--conditions=@crossweave/source', program, folder, String(steps)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let [seen, saving, began]: [number, number, number] = [0, 0, 0];
  let last: string | null = null;
  let timer: NodeJS.Timeout | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = line;
    if (line.startsWith('saving')) began = performance.now();
    if (line.startsWith('saved')) saving = Math.max(saving, performance.now() - began);
    if (moment === undefined || !line.startsWith(moment.line) || ++seen !== moment.after) return;
    timer = setTimeout(() => child.kill('SIGKILL'), moment.milliseconds);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  const wasKilled = signal === 'SIGKILL';
  if (!wasKilled && code !== 0) throw new Error(`the run failed with ${String(code)}`);
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
