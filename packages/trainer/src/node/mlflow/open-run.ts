import { holdsSteps } from '../run-directory';
import { rememberedRun, rememberRun } from './remembered-run';
import { TrackingError, type TrackingServer } from './tracking-server';

/** What is asked of the server when a logger is made. */
interface AskedRun {
  readonly url: string;
  readonly experiment: string;
  readonly runName: string;
  readonly params: Readonly<Record<string, string | number | boolean>>;
}

/** An MLflow run that takes metrics. */
interface OpenedRun {
  readonly runId: string;
  /** The last step that the server has, by metric; empty for a new run. */
  readonly lastSteps: ReadonlyMap<string, number>;
}

/** Limits of the interface: parameters a request, characters of a value. */
const mostParams = 100;
const longestValue = 6000;

/**
 * The MLflow run of a folder that holds steps, when the server still has it, else a new one, which the
 * folder remembers.
 *
 * @throws TrackingError when the server refuses or does not answer.
 */
export async function openTrackedRun(
  server: TrackingServer,
  folder: string,
  { url, experiment, runName, params }: AskedRun,
): Promise<OpenedRun> {
  const known = (await holdsSteps(folder)) ? await rememberedRun(folder) : undefined;
  if (known?.url === url && known.experiment === experiment) {
    const found = await goingOn(server, known.runId);
    if (found !== undefined) return found;
  }
  const id = await experimentId(server, experiment);
  const made = await server('runs/create', {
    body: { experiment_id: id, run_name: runName, start_time: Date.now() },
  });
  const { info } = made['run'] as { info: { run_id: string } };
  const all = Object.entries(params).map(([key, value]) => ({
    key: allowedName(key),
    value: String(value).slice(0, longestValue),
  }));
  for (let from = 0; from < all.length; from += mostParams) {
    const body = { run_id: info.run_id, params: all.slice(from, from + mostParams) };
    await server('runs/log-batch', { body });
  }
  await rememberRun(folder, { url, experiment, runId: info.run_id });
  return { runId: info.run_id, lastSteps: new Map() };
}

/** A name in which characters that MLflow does not allow are `_`. */
export function allowedName(name: string): string {
  return name.replace(/[^\w.\- /]/g, '_');
}

/** A run that was begun before; undefined where it was deleted. */
async function goingOn(server: TrackingServer, runId: string): Promise<OpenedRun | undefined> {
  const found = await absentAsUndefined(server('runs/get', { query: { run_id: runId } }));
  if (found === undefined) return undefined;
  const { info, data } = found['run'] as {
    info: { lifecycle_stage?: string };
    // The step 0 and an empty list are left out of an answer.
    data?: { metrics?: readonly { key: string; step?: number | string }[] };
  };
  if (info.lifecycle_stage === 'deleted') return undefined;
  await server('runs/update', { body: { run_id: runId, status: 'RUNNING' } });
  const metrics = data?.metrics ?? [];
  const lastSteps = new Map(metrics.map(({ key, step = 0 }) => [key, Number(step)]));
  return { runId, lastSteps };
}

async function experimentId(server: TrackingServer, name: string): Promise<string> {
  const idOf = async (): Promise<string | undefined> => {
    const query = { experiment_name: name };
    const found = await absentAsUndefined(server('experiments/get-by-name', { query }));
    return (found?.['experiment'] as { experiment_id: string } | undefined)?.experiment_id;
  };
  const found = await idOf();
  if (found !== undefined) return found;
  try {
    const made = await server('experiments/create', { body: { name } });
    return made['experiment_id'] as string;
  } catch (error) {
    // Another process may have been quicker.
    const other = isCode(error, 'RESOURCE_ALREADY_EXISTS') ? await idOf() : undefined;
    if (other === undefined) throw error;
    return other;
  }
}

async function absentAsUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (isCode(error, 'RESOURCE_DOES_NOT_EXIST')) return undefined;
    throw error;
  });
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof TrackingError && error.errorCode === code;
}
