import type { Command } from '../command';
import { findAddonPackage } from '../tensorflow-library/addon-package';
import { removeProvision } from '../tensorflow-library/provision';
import { installedPackage, removeWheel } from '../wheel-library/provision-wheel';
import { checkEngine, wheelOf, xlaFlags } from './engine-add';

export const engineRemove: Command = {
  name: 'engine remove',
  summary: 'Removes the library that "engine add" gave an engine.',
  positionals: 'tensorflow|openvino|xla',
  options: { gpu: { type: 'boolean', summary: 'that of tfjs-node-gpu' }, ...xlaFlags },
  example: 'crossweave engine remove tensorflow',
  async run(values, positionals, { terminal }) {
    const named = checkEngine('crossweave engine remove', positionals, values);
    if (named !== 'tensorflow') {
      const { packageName, library } = wheelOf(named, values);
      const folder = installedPackage(packageName);
      const removed = await removeWheel(library, folder);
      terminal.line(
        removed ? `Removed from ${folder}` : `${folder} has no library; nothing to remove.`,
      );
      return { package: packageName, folder, removed };
    }
    const addon = findAddonPackage(values['gpu'] === true);
    const removed = await removeProvision(addon);
    terminal.line(
      removed ? `Removed from ${addon.folder}` : `${addon.name} has no library; nothing to remove.`,
    );
    return { package: addon.name, folder: addon.folder, removed };
  },
};
