import type { HostValue } from '@crossweave/core';

/** The value itself, of a step that is not compiled. */
export function valueOf<T>(host: HostValue<T>): T {
  return JSON.parse(host.choose((value) => JSON.stringify(value))) as T;
}
