import type { Configured } from '@crossweave/core';

/** What a step's learning rates are multiplied by. Steps count from 0. */
export type Schedule = ((step: number) => number) & Configured;

/** The factor of a linear warm-up over `warmup` steps: (s+1)/W at step s, which is below W. */
export function warmingUp(step: number, warmup: number): number {
  return (step + 1) / warmup;
}

/** Half a cosine from 1 to 0 while `share` goes from 0 to 1. */
export function cosineFall(share: number): number {
  return (1 + Math.cos(Math.PI * share)) / 2;
}
