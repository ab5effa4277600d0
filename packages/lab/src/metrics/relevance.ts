import { ConfigError } from '@crossweave/core';

/**
 * Which candidates are right for which queries, pair by pair: never by groups, since two images
 * that share one caption do not thereby share the others.
 */
export interface Relevance {
  /** N, how many candidates there are. */
  readonly candidates: number;
  /** [queries] the places, below N, of the candidates that are right for each; one or more, none twice. */
  readonly relevant: readonly (readonly number[])[];
  /**
   * [queries] by what outcomes are taken together: queries of one cluster (the captions of one
   * image) are not independent of each other. Default: each query is one of its own.
   */
  readonly clusters?: readonly string[];
}

/**
 * The rows of the queries that ask something: of the others every candidate is right.
 *
 * @throws ConfigError for a query without a right candidate, or with one that is not there or twice.
 */
export function countedQueries(where: string, { candidates, relevant }: Relevance): number[] {
  const fail = (query: number, what: string, got?: unknown): never => {
    throw new ConfigError(`query ${query} ${what}`, {
      where,
      expected: `one or more candidates below ${candidates}, none twice`,
      got,
    });
  };
  relevant.forEach((right, query) => {
    if (right.length === 0) fail(query, 'has no right candidate', '"relevant" without an entry');
    const wrong = right.find((at) => !(Number.isInteger(at) && at >= 0 && at < candidates));
    if (wrong !== undefined) fail(query, 'has a right candidate that is not there', wrong);
    if (new Set(right).size < right.length) fail(query, 'has a right candidate twice', right);
  });
  return relevant.flatMap((right, query) => (right.length < candidates ? [query] : []));
}
