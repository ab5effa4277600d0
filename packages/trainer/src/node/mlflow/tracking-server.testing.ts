import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface StoredMetric {
  readonly key: string;
  readonly value: number | string;
  readonly step: number;
}

/** What a run on the {@link fakeTracking} server holds. */
interface StoredRun {
  status: string;
  deleted: boolean;
  readonly name: string;
  readonly params: Record<string, string>;
  readonly metrics: StoredMetric[];
}

/** Requests by path, and what becomes of them. */
export interface TrackingState {
  readonly url: string;
  readonly experiments: string[];
  readonly runs: Record<string, StoredRun>;
  readonly requests: { readonly path: string; readonly headers: IncomingMessage['headers'] }[];
  /** Answers the next requests of `runs/log-batch` with these, one each. */
  readonly faults: { readonly status: number; readonly code: string }[];
  readonly close: () => Promise<void>;
}

type Answer = readonly [status: number, body: object];
const absent: Answer = [404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'not there' }];
const invalid = (message: string): Answer => [
  400,
  { error_code: 'INVALID_PARAMETER_VALUE', message },
];

/** The part of MLflow's tracking server that the logger talks to, with its limits, on a port of its own. */
export async function fakeTracking(): Promise<TrackingState> {
  const state: Omit<TrackingState, 'url' | 'close'> = {
    ...{ experiments: [], runs: {}, requests: [], faults: [] },
  };
  const server = createServer((request, response) => void answer(state, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return { ...state, url: `http://127.0.0.1:${port}`, close };
}

async function answer(
  state: Omit<TrackingState, 'url' | 'close'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url!, 'http://server');
  const path = pathname.replace('/api/2.0/mlflow/', '');
  state.requests.push({ path, headers: request.headers });
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  const fields =
    request.method === 'POST'
      ? (JSON.parse(body) as Record<string, unknown>)
      : Object.fromEntries(searchParams);
  const [status, said] = reply(state, path, fields);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said));
}

function reply(
  { experiments, runs, faults }: Omit<TrackingState, 'url' | 'close'>,
  path: string,
  fields: Record<string, unknown>,
): Answer {
  const run = runs[String(fields['run_id'])];
  switch (path) {
    case 'experiments/get-by-name': {
      const at = experiments.indexOf(String(fields['experiment_name']));
      return at < 0 ? absent : [200, { experiment: { experiment_id: String(at) } }];
    }
    case 'experiments/create':
      return [200, { experiment_id: String(experiments.push(String(fields['name'])) - 1) }];
    case 'runs/create': {
      const id = `run${Object.keys(runs).length}`;
      const name = String(fields['run_name']);
      runs[id] = { ...{ status: 'RUNNING', deleted: false, name, params: {}, metrics: [] } };
      return [200, { run: { info: { run_id: id } } }];
    }
    case 'runs/get':
      return run === undefined ? absent : [200, { run: shown(run) }];
    case 'runs/update':
      if (run === undefined) return absent;
      run.status = String(fields['status']);
      return [200, {}];
    case 'runs/log-batch': {
      const fault = faults.shift();
      if (fault !== undefined) return [fault.status, { error_code: fault.code, message: 'no' }];
      return run === undefined ? absent : logged(run, fields);
    }
    default:
      return [404, { error_code: 'ENDPOINT_NOT_FOUND', message: path }];
  }
}

/** JSON has no NaN: it would come as null. */
const kinds: readonly string[] = ['number', 'string'];

/** As the interface writes a run: steps of 0 and empty lists are left out. */
function shown({ deleted, metrics }: StoredRun): object {
  const latest = new Map(metrics.map((metric) => [metric.key, metric]));
  return {
    info: { lifecycle_stage: deleted ? 'deleted' : 'active' },
    data:
      latest.size === 0
        ? {}
        : {
            metrics: [...latest.values()].map(({ step, ...m }) =>
              step === 0 ? m : { ...m, step },
            ),
          },
  };
}

function logged(run: StoredRun, fields: Record<string, unknown>): Answer {
  const { metrics = [], params = [] } = fields as {
    metrics?: StoredMetric[];
    params?: { key: string; value: string }[];
  };
  if (metrics.length > 1000) return invalid(`${metrics.length} metrics`);
  if (params.length > 100) return invalid(`${params.length} params`);
  const wrong = metrics.find(
    ({ key, value }) => !/^[\w.\- /]+$/.test(key) || !kinds.includes(typeof value),
  );
  if (wrong !== undefined) return invalid(JSON.stringify(wrong));
  for (const { key, value } of params) run.params[key] = value;
  run.metrics.push(...metrics.map(({ key, value, step }) => ({ key, value, step })));
  return [200, {}];
}
