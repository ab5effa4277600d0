import { ConfigError } from '@crossweave/core';

const mostRedirects = 5;
const loopback = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Fetches over HTTPS alone, redirects included. A server of this machine may be asked over HTTP,
 * and may send on to itself.
 *
 * @throws ConfigError for another protocol; what `fetch` throws when nobody answers.
 */
export async function fetchSafely(address: string): Promise<Response> {
  let url = requireSafe(address);
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const response = await fetch(url, { redirect: 'manual' });
    const next = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || next === null) return response;
    await response.body?.cancel();
    url = requireSafe(new URL(next, url).href, url);
  }
  throw new Error(`more than ${mostRedirects} redirects`);
}

function requireSafe(address: string, from?: URL): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url !== undefined && isSafe(url, from)) return url;
  throw new ConfigError(
    from === undefined ? 'the address is not one to download from' : 'the server sends elsewhere',
    { where: from?.href ?? 'loadCheckpoint', expected: 'an address with https://', got: address },
  );
}

function isSafe({ protocol, hostname }: URL, from: URL | undefined): boolean {
  if (protocol === 'https:') return true;
  const local = loopback.includes(hostname);
  return protocol === 'http:' && local && (from === undefined || loopback.includes(from.hostname));
}
