export { requireEmptyFolder } from './empty-folder';
export { engineSpeeds } from './engine-speeds';
export type { EngineSpeedsOptions } from './engine-speeds';
export { codeOf, fileError } from './file-error';
export { filesBelow, folderEntries } from './folder-entries';
export type { FolderEntry } from './folder-entries';
export {
  createFileAtomic,
  makeFolder,
  readBytes,
  readJson,
  removeTemporaries,
  writeAtomic,
  writeFileAtomic,
  writeJsonAtomic,
} from './files';
export { LockError, lockFolder } from './lock';
export type { FolderLock } from './lock';
export type { LockHolder } from './lock-holder';
export type { OpenFile } from './open-file';
export { openRegular } from './regular-file';
export { bytesOf, namesIn, pruneByUse } from './stored-entries';
export type { StoredEntry } from './stored-entries';
export { describeInstructions, processorHere } from './processor';
export type { Processor } from './processor';
export { unlessAborted } from './unless-aborted';
