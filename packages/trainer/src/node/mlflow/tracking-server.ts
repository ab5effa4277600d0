import { DataError } from '@crossweave/core';

/** How a request to the server ends that was not answered with success. */
export class TrackingError extends DataError {
  override readonly name: string = 'TrackingError';
  /** MLflow's `error_code`, where the answer has one. */
  readonly errorCode: string | undefined;
  /** Whether the same request may succeed later: no answer, 429, or a fault of the server's. */
  readonly temporary: boolean;

  constructor(where: string, got: string, temporary: boolean, errorCode?: string, cause?: unknown) {
    const advice = temporary
      ? 'Check that the tracking server runs at this address, and that this machine reaches it.'
      : 'Check the address, the headers of the logger, and the names of experiment and run.';
    super('the MLflow server refuses', { where, got, advice, cause });
    this.temporary = temporary;
    this.errorCode = errorCode;
  }
}

/** A call of MLflow's REST interface, version 2.0: a body is posted, without one it is a GET. */
export type TrackingServer = (
  path: string,
  request: { readonly body?: object; readonly query?: Readonly<Record<string, string>> },
) => Promise<Readonly<Record<string, unknown>>>;

/** An answer that takes longer is none. */
const patience = 30_000;

/** @param url address of the server, with or without a path. */
export function trackingServer(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): TrackingServer {
  const base = url.replace(/\/+$/, '');
  return async (path, { body, query }) => {
    const asked = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`;
    const address = `${base}/api/2.0/mlflow/${path}${asked}`;
    let response: Response;
    let text: string;
    try {
      response = await fetch(address, {
        headers: { ...headers, 'content-type': 'application/json' },
        ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(patience),
      });
      text = await response.text();
    } catch (cause) {
      throw new TrackingError(address, reasonOf(cause), true, undefined, cause);
    }
    const answer = parsed(text);
    if (response.ok && answer !== undefined) return answer;
    const { status } = response;
    const code = typeof answer?.['error_code'] === 'string' ? answer['error_code'] : undefined;
    const said = typeof answer?.['message'] === 'string' ? answer['message'] : text.slice(0, 200);
    const got = `${status} ${[code, said].filter((each) => each !== undefined).join(': ')}`.trim();
    throw new TrackingError(address, got, status === 429 || status >= 500, code);
  };
}

/** Of `fetch failed` the reason lies in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}, ${error.cause.message}` : error.message;
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
