import type { Command } from '../command';
import { findAddonPackage } from '../tensorflow-library/addon-package';
import { removeProvision } from '../tensorflow-library/provision';
import { checkTensorflow } from './engine-add';

export const engineRemove: Command = {
  name: 'engine remove',
  summary: 'Removes the library that "engine add" gave tfjs-node.',
  positionals: 'tensorflow',
  options: { gpu: { type: 'boolean', summary: 'that of tfjs-node-gpu' } },
  example: 'crossweave engine remove tensorflow',
  async run(values, positionals, { terminal }) {
    checkTensorflow('crossweave engine remove', positionals);
    const addon = findAddonPackage(values['gpu'] === true);
    const removed = await removeProvision(addon);
    terminal.line(
      removed ? `Removed from ${addon.folder}` : `${addon.name} has no library; nothing to remove.`,
    );
    return { package: addon.name, folder: addon.folder, removed };
  },
};
