import { number, fields, type Check } from '@crossweave/core/authoring';

/** Where a stream stands, as plain data that can be written to JSON. */
export interface StreamPosition {
  readonly epoch: number;
  /** Number of the window in the epoch. */
  readonly window: number;
  /** Where the window begins: which shard in the order of the epoch, and how many rows of it before. */
  readonly shard: number;
  readonly row: number;
  /** Rows of the window that have been shown. */
  readonly taken: number;
}

const whole = number({ integer: true, min: 0 });

export const positionCheck: Check = fields(
  { epoch: whole, window: whole, shard: whole, row: whole, taken: whole },
  ['epoch', 'window', 'shard', 'row', 'taken'],
);

export function startOf(epoch: number): StreamPosition {
  return { epoch, window: 0, shard: 0, row: 0, taken: 0 };
}

/** Whether rows of the epoch lie before the position. */
export function hasBegun({ window, shard, row, taken }: StreamPosition): boolean {
  return window + shard + row + taken > 0;
}
