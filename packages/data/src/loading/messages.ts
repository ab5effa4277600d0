import { DataError } from '@crossweave/core';
import type { LoadedPicture, PictureJob, PictureSettings } from './picture-job';

/** What a thread is told: jobs that were given at the same time. */
export interface Request {
  readonly jobs: readonly { readonly id: number; readonly job: PictureJob }[];
  readonly settings: PictureSettings;
}

/** What it answers, several at once: a picture, or why there is none. */
export type Answer = { readonly id: number } & (
  { readonly loaded: LoadedPicture } | { readonly error: SentError; readonly digest?: string }
);

/** An error as plain data, since classes do not survive the way between threads. */
export type SentError =
  | { readonly data: Pick<DataError, 'what' | 'where' | 'expected' | 'got' | 'advice'> }
  | { readonly other: unknown };

export function sendError(error: unknown): SentError {
  if (!(error instanceof DataError)) return { other: error };
  const { what, where, expected, got, advice } = error;
  return { data: { what, where, expected, got, advice } };
}

export function receiveError(sent: SentError): unknown {
  return 'data' in sent ? new DataError(sent.data.what, sent.data) : sent.other;
}
