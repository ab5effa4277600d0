import { quickstartSteps } from '../workloads/quickstart';
import type { Row } from './row';

/** The trainer's own steps where people begin: 160 pairs of 64 image and 20 text tokens, width 64. */
export const quickstartRows: readonly Row[] = Object.keys(quickstartSteps).map((name) => ({
  name,
  title: name.replace('quickstart-', ''),
  peer: ['quickstart.py', '--fusion', name.replace('quickstart-', '')],
  steps: 30,
  warmup: 8,
}));
