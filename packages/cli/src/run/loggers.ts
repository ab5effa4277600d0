import { ConfigError } from '@crossweave/core';
import type { RunLogger } from '@crossweave/trainer';
import { mlflowLogger, tensorBoardLogger, type MlflowLogger } from '@crossweave/trainer/node';
import { text, type OptionSpec, type OptionValues } from '../command';
import { Interrupted } from '../interrupted';
import type { Terminal } from '../terminal';

/** The flags that say where the records of a run go besides `metrics.jsonl`. */
export const loggerFlags: Readonly<Record<string, OptionSpec>> = {
  tensorboard: {
    type: 'boolean',
    summary: "write TensorBoard's event files beside the records",
  },
  mlflow: {
    type: 'string',
    value: 'URL',
    summary: 'log to this MLflow tracking server; its MLFLOW_TRACKING_* variables are read',
  },
  experiment: {
    type: 'string',
    value: 'NAME',
    summary: 'the MLflow experiment, default crossweave',
  },
};

/** Refuses `--experiment` without `--mlflow`: it would have no effect. */
export function checkLoggers(values: OptionValues): void {
  const experiment = text(values, 'experiment');
  if (experiment === undefined || text(values, 'mlflow') !== undefined) return;
  throw new ConfigError('--experiment names an experiment of MLflow, and no server is given', {
    where: 'crossweave train',
    expected: '--experiment NAME together with --mlflow URL',
    got: `--experiment ${experiment}`,
  });
}

/**
 * Calls `work` with the loggers that the flags name, and tells MLflow how it ended.
 *
 * @param folder of the run, which is there.
 * @param config logged as the parameters of a new MLflow run.
 * @throws what `work` and {@link mlflowLogger} throw.
 */
export async function withLoggers<T>(
  values: OptionValues,
  { folder, config, terminal }: { folder: string; config: object; terminal: Terminal },
  work: (loggers: readonly RunLogger[]) => Promise<T>,
): Promise<T> {
  const url = text(values, 'mlflow');
  const experiment = text(values, 'experiment');
  const tracker: MlflowLogger | undefined =
    url === undefined
      ? undefined
      : await mlflowLogger(folder, {
          url,
          params: plainParams(config),
          headers: authorization(process.env),
          ...(experiment !== undefined && { experiment }),
        });
  const files = values['tensorboard'] === true ? [tensorBoardLogger(folder)] : [];
  // Without its `close`: the run's folder is closed before it is known how the run ended.
  const sent = tracker === undefined ? [] : [{ log: tracker.log }];
  try {
    const result = await work([...files, ...sent]);
    await tracker?.end('FINISHED');
    return result;
  } catch (error) {
    // What the command failed of matters more than that MLflow was not told.
    await tracker
      ?.end(error instanceof Interrupted ? 'KILLED' : 'FAILED')
      .catch((late: unknown) => terminal.note(late instanceof Error ? late.message : String(late)));
    throw error;
  }
}

/** Nested settings as one level, `training.learningRate.image`; lists as JSON. */
function plainParams(value: unknown, path = ''): Record<string, string | number | boolean> {
  if (value === undefined) return {};
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return { [path]: value };
  }
  if (value === null || Array.isArray(value)) return { [path]: JSON.stringify(value) };
  return Object.assign(
    {},
    ...Object.entries(value).map(([name, each]) =>
      plainParams(each, path === '' ? name : `${path}.${name}`),
    ),
  ) as Record<string, string | number | boolean>;
}

/** The header of MLflow's own variables, as its Python client makes it. */
function authorization(env: NodeJS.ProcessEnv): Record<string, string> {
  const [user, password] = [env['MLFLOW_TRACKING_USERNAME'], env['MLFLOW_TRACKING_PASSWORD']];
  if (user !== undefined && password !== undefined) {
    return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  }
  const token = env['MLFLOW_TRACKING_TOKEN'];
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}
