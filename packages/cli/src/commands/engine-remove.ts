import type { Command } from '../command';
import { openvinoPackage, removeOpenvino } from '../openvino-library/provision';
import { findAddonPackage } from '../tensorflow-library/addon-package';
import { removeProvision } from '../tensorflow-library/provision';
import { checkEngine } from './engine-add';

export const engineRemove: Command = {
  name: 'engine remove',
  summary: 'Removes the library that "engine add" gave an engine.',
  positionals: 'tensorflow|openvino',
  options: { gpu: { type: 'boolean', summary: 'that of tfjs-node-gpu' } },
  example: 'crossweave engine remove tensorflow',
  async run(values, positionals, { terminal }) {
    if (checkEngine('crossweave engine remove', positionals, values) === 'openvino') {
      const folder = openvinoPackage();
      const removed = await removeOpenvino(folder);
      terminal.line(
        removed ? `Removed from ${folder}` : `${folder} has no library; nothing to remove.`,
      );
      return { package: '@crossweave/tfjs-backend-openvino', folder, removed };
    }
    const addon = findAddonPackage(values['gpu'] === true);
    const removed = await removeProvision(addon);
    terminal.line(
      removed ? `Removed from ${addon.folder}` : `${addon.name} has no library; nothing to remove.`,
    );
    return { package: addon.name, folder: addon.folder, removed };
  },
};
