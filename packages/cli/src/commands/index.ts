import type { Command } from '../command';
import { ablate } from './ablate';
import { dataMake } from './data-make';
import { dataSplit } from './data-split';
import { doctor } from './doctor';
import { embed } from './embed';
import { engineAdd } from './engine-add';
import { engineRemove } from './engine-remove';
import { evaluate } from './eval';
import { predict } from './predict';
import { search } from './search';
import { train } from './train';
import { zeroShot } from './zero-shot';

/** Every command, in the order the overview lists them. */
export const commands: readonly Command[] = [
  doctor,
  engineAdd,
  engineRemove,
  dataMake,
  dataSplit,
  train,
  evaluate,
  embed,
  search,
  zeroShot,
  predict,
  ablate,
];
