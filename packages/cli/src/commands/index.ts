import type { Command } from '../command';
import { dataMake } from './data-make';
import { ablate } from './ablate';
import { doctor } from './doctor';

/** Every command, in the order the overview lists them. */
export const commands: readonly Command[] = [doctor, dataMake, ablate];
