import { gather, reshape, tidy, type Rank, type Tensor3D } from '@tensorflow/tfjs-core';
import { foldIn, hostValue, uniformArray, type Context, type Key } from '@crossweave/core';

/**
 * Patch dropout (Li et al. 2022, FLIP; timm and open_clip have it). In training, keeps the class
 * token (if there is one) and ⌊(1 − rate)·N⌋ (at least one) random patches of each picture's N
 * patches, in order: [B, 1 + N, D] → [B, 1 + kept, D]. In inference it is the identity. The
 * context's key determines the patches.
 */
export function dropPatches(x: Tensor3D, rate: number, ctx: Context, extra: 0 | 1 = 1): Tensor3D {
  if (!ctx.training || rate === 0) return x;
  const [batch, tokens, dim] = x.shape;
  const patches = tokens - extra;
  const count = Math.max(1, Math.floor(patches * (1 - rate)));
  const keptRows = (key: Key): number[] => {
    const draws = uniformArray(key, batch * patches);
    const rows: number[] = [];
    for (let row = 0; row < batch; row++) {
      const own = draws.subarray(row * patches, (row + 1) * patches);
      const order = Array.from(own, (_, patch) => patch).sort((a, b) => own[a]! - own[b]!);
      const chosen = order.slice(0, count).sort((a, b) => a - b);
      const first = row * tokens;
      const kept = chosen.map((patch) => first + extra + patch);
      rows.push(...(extra === 1 ? [first] : []), ...kept);
    }
    return rows;
  };
  return tidy(() => {
    const flat = reshape(x, [batch * tokens, dim]);
    const key = hostValue(foldIn(ctx.key, 'patch_dropout'));
    const rows = key.tensor<Rank.R1>(keptRows, [batch * (extra + count)], 'int32');
    return reshape<Rank.R3>(gather(flat, rows), [batch, extra + count, dim]);
  });
}
