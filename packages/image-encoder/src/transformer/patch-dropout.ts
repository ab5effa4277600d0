import { gather, reshape, tensor1d, tidy, type Rank, type Tensor3D } from '@tensorflow/tfjs-core';
import { foldIn, uniformArray, type Context } from '@crossweave/core';

/**
 * In training, keeps a random ⌊(1 − rate)·N⌋ (at least one) of each picture's N patches, in their
 * order, and the class token, if there is one, before them: [B, 1 + N, D] → [B, 1 + kept, D]; else the identity
 * (Li et al. 2022, FLIP; timm's and open_clip's patch dropout). Which ones depends on the context's
 * key alone.
 */
export function dropPatches(x: Tensor3D, rate: number, ctx: Context, extra: 0 | 1 = 1): Tensor3D {
  if (!ctx.training || rate === 0) return x;
  const [batch, tokens, dim] = x.shape;
  const patches = tokens - extra;
  const count = Math.max(1, Math.floor(patches * (1 - rate)));
  const draws = uniformArray(foldIn(ctx.key, 'patch_dropout'), batch * patches);
  const rows: number[] = [];
  for (let row = 0; row < batch; row++) {
    const own = draws.subarray(row * patches, (row + 1) * patches);
    const order = Array.from(own, (_, patch) => patch).sort((a, b) => own[a]! - own[b]!);
    const chosen = order.slice(0, count).sort((a, b) => a - b);
    const first = row * tokens;
    const kept = chosen.map((patch) => first + extra + patch);
    rows.push(...(extra === 1 ? [first] : []), ...kept);
  }
  return tidy(() => {
    const flat = reshape(x, [batch * tokens, dim]);
    return reshape<Rank.R3>(gather(flat, tensor1d(rows, 'int32')), [batch, extra + count, dim]);
  });
}
