import type { Command } from '../command';
import { ablate } from './ablate';
import { dataMake } from './data-make';
import { doctor } from './doctor';
import { evaluate } from './eval';
import { train } from './train';

/** Every command, in the order the overview lists them. */
export const commands: readonly Command[] = [doctor, dataMake, train, evaluate, ablate];
