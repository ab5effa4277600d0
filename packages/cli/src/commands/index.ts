import type { Command } from '../command';
import { ablate } from './ablate';
import { dataConvert } from './data-convert';
import { dataInspect } from './data-inspect';
import { dataMake } from './data-make';
import { dataSplit } from './data-split';
import { dataStats } from './data-stats';
import { dataStore } from './data-store';
import { dataVocabulary } from './data-vocabulary';
import { dedupe } from './dedupe';
import { doctor } from './doctor';
import { embed } from './embed';
import { engineAdd } from './engine-add';
import { engineRemove } from './engine-remove';
import { evaluate } from './eval';
import { exportModel } from './export';
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
  dataInspect,
  dataStats,
  dataConvert,
  dataSplit,
  dataStore,
  dataVocabulary,
  train,
  evaluate,
  embed,
  search,
  zeroShot,
  dedupe,
  predict,
  exportModel,
  ablate,
];
