import { existsSync } from 'node:fs';

/** Where Debian, Fedora and Google put SwiftShader, the Vulkan driver without a GPU of Chromium. */
const DRIVERS = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib64/chromium-browser/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json',
];
const LOADERS = [
  '/usr/lib/x86_64-linux-gnu/libvulkan.so.1',
  '/usr/lib64/libvulkan.so.1',
  '/usr/lib/libvulkan.so.1',
];

/**
 * Lets WebGPU find a Vulkan driver: the one `VK_ICD_FILENAMES` names, else SwiftShader.
 * @returns why there is none to test with; null if there is.
 */
export function withoutVulkan(): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return 'it is tested on Linux on x64';
  }
  if (!LOADERS.some(existsSync)) return 'libvulkan.so.1 is not there (Debian: libvulkan1)';
  const driver = process.env['VK_ICD_FILENAMES'] ?? DRIVERS.find(existsSync);
  if (driver === undefined) {
    return 'there is no SwiftShader (Debian: chromium), and VK_ICD_FILENAMES names no driver';
  }
  process.env['VK_ICD_FILENAMES'] = driver;
  return null;
}
