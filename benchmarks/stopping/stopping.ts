import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { commands, type LongCommand } from './commands';
import { runCommand, type Ended } from './run-command';

const usage = `npm run bench -- stopping [--only NAME] [--trials N]

Stops every long command of the command line at random moments (default 20), by SIGINT and SIGTERM
in turn, and runs it again to its end: how long after the signal it ended, and whether what it then
had written is, to the bit, what a run that was never stopped writes. Exit code 1 where it is not.
It takes about half an hour.`;

interface Trial {
  readonly signal: NodeJS.Signals;
  /** Seconds from the start to the signal, and from there to the end. */
  readonly at: number;
  readonly answered: number;
  readonly code: number | null;
  readonly same: boolean;
}

export async function stoppingSuite(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      trials: { type: 'string', default: '20' },
      help: { type: 'boolean', default: false },
    },
  });
  const trials = Number(values.trials);
  const wanted = commands.filter(({ name }) => values.only === undefined || values.only === name);
  if (values.help || wanted.length === 0 || !Number.isInteger(trials) || trials < 1) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const folder = await mkdtemp(join(tmpdir(), 'crossweave-stopping-'));
  try {
    await runCommand(['data', 'make', 'scenes', '--n', '200', '--out', join(folder, 'scenes')]);
    let holds = true;
    for (const command of wanted) holds = (await tryCommand(command, folder, trials)) && holds;
    return holds ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** True when all trials ended as they should. */
async function tryCommand(command: LongCommand, folder: string, count: number): Promise<boolean> {
  await command.prepare?.(folder);
  const reference = join(folder, `${command.name}-whole`.replaceAll(' ', '-'));
  const whole = await runCommand(command.args(folder, reference));
  if (whole.code !== 0) throw new Error(`${command.name} fails: ${whole.stderr}`);
  const expected = await command.outcome(reference, whole);
  const trials: Trial[] = [];
  for (let i = 0; i < count; i++) {
    const out = join(folder, 'stopped');
    const signal = i % 2 === 0 ? 'SIGINT' : 'SIGTERM';
    const at = whole.seconds * (0.15 + 0.8 * Math.random());
    const stopped = await runCommand(command.args(folder, out), { signal, after: at });
    const last = await runCommand(command.args(folder, out));
    const same = last.code === 0 && (await command.outcome(out, last)) === expected;
    trials.push({ signal, at, answered: stopped.sinceSignal, code: stopped.code, same });
    if (!same) console.log(last.stderr);
    await rm(out, { recursive: true, force: true });
  }
  report(command, whole, trials);
  return trials.every(({ same }) => same);
}

function report({ name, unit }: LongCommand, whole: Ended, trials: readonly Trial[]): void {
  const heard = trials.filter(({ code }) => code === 130 || code === 143);
  const answers = heard.map(({ answered }) => answered).sort((a, b) => a - b);
  const at = (share: number): string =>
    answers[Math.floor(share * (answers.length - 1))]?.toFixed(2) ?? '–';
  console.log(`${name}: ${whole.seconds.toFixed(1)} s when nobody stops it (${unit})`);
  console.log(
    `  ${trials.length} signals, ${heard.length} of them while it worked: ended after ${at(0.5)} s (middle), ${at(1)} s (most)`,
  );
  console.log(
    `  the same bits in the end: ${trials.filter(({ same }) => same).length} of ${trials.length}`,
  );
  for (const trial of trials) {
    console.log(
      `    ${trial.signal} at ${trial.at.toFixed(1)} s: ended after ${trial.answered.toFixed(2)} s with ${String(trial.code)}${trial.same ? '' : ', OTHER BITS'}`,
    );
  }
}
