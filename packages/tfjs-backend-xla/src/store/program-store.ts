import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Client } from '../pjrt/client';
import type { Executable } from '../pjrt/executable';
import { machineKey } from './machine';
import { readSealed, trimFolder, writeSealed } from './sealed-files';

/** Shorter modules compile about as fast as they are read, and there are very many of them. */
const MIN_LENGTH = 20_000;
/** Bytes that the programs in a folder may take; those that were not used for longest go first. */
const MAX_BYTES = 2 ** 30;
const SUFFIX = '.pjrt';

/** Says something that the owner of the process should know. */
export type Note = (text: string) => void;

const warn: Note = (text) => process.emitWarning(text, 'XlaProgramStore');

/** Folders of which it was said that they do not work, and plugins that cannot serialise. */
const said = new Set<string>();

/**
 * Compiles modules, and keeps the programs in a folder: another process reads them in place of
 * compiling. A program is found by the SHA-256 of its module and of all it depends on: the plugin's
 * file and version, the devices and the processor. One that is damaged is noted, compiled and
 * written anew.
 */
export class ProgramStore {
  private readonly about: string;
  private readonly isAble: boolean;

  /** @param minLength characters of the shortest module that is kept. */
  constructor(
    private readonly folder: string,
    private readonly client: Client,
    private readonly note: Note = warn,
    private readonly minLength = MIN_LENGTH,
  ) {
    const { plugin, platform, version, devices, deviceKind } = client;
    this.about = JSON.stringify([
      machineKey(plugin.path),
      plugin.minor,
      platform,
      version,
      devices,
      deviceKind,
    ]);
    this.isAble = client.canSerialize;
    if (!this.isAble) {
      this.once(plugin.path, `The PJRT plugin ${plugin.path} cannot keep compiled programs.`);
    }
  }

  /** @throws XlaBackendError for a module that XLA refuses. */
  compile(module: string): Executable {
    const path = this.pathOf(module);
    if (path === null) return this.client.compile(module);
    try {
      const bytes = readSealed(path);
      if (bytes !== null) return this.client.deserialize(bytes);
    } catch (error) {
      this.leaveOut(path, error);
    }
    const made = this.client.compile(module);
    this.write(path, made);
    return made;
  }

  /** The same while JavaScript goes on. */
  async compileLater(module: string): Promise<Executable> {
    const path = this.pathOf(module);
    if (path === null) return this.client.compileLater(module);
    try {
      const bytes = readSealed(path);
      if (bytes !== null) return await this.client.deserializeLater(bytes);
    } catch (error) {
      this.leaveOut(path, error);
    }
    const made = await this.client.compileLater(module);
    this.write(path, made);
    return made;
  }

  /** Where the program of a module is kept; null for one that is not. */
  private pathOf(module: string): string | null {
    if (!this.isAble || module.length < this.minLength) return null;
    const hash = createHash('sha256').update(this.about).update('\n').update(module).digest('hex');
    return join(this.folder, `${hash}${SUFFIX}`);
  }

  private leaveOut(path: string, error: unknown): void {
    this.note(`The compiled program ${path} is left out, and compiled anew: ${textOf(error)}`);
  }

  private write(path: string, program: Executable): void {
    try {
      writeSealed(path, program.serialize());
      trimFolder(this.folder, SUFFIX, MAX_BYTES);
    } catch (error) {
      this.once(this.folder, `Compiled programs are not kept in ${this.folder}: ${textOf(error)}`);
    }
  }

  private once(what: string, text: string): void {
    if (said.has(what)) return;
    said.add(what);
    this.note(text);
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
