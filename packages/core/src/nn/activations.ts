import {
  add,
  div,
  erf,
  exp,
  mul,
  relu,
  sigmoid,
  square,
  sub,
  tanh,
  tidy,
} from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { constantOf } from './stop-gradient';
import { withGradient } from './with-gradient';

export { relu };

/**
 * x·Φ(x), Φ the normal distribution function by erf: `torch.nn.GELU()` (Hendrycks & Gimpel 2016).
 *
 * With u = x/√2 the derivative is Φ + u·exp(−u²)/√π. The quotient u/exp(u²) needs one kernel fewer
 * than the product u·exp(−u²), and is 0 where exp(u²) overflows.
 */
export function gelu<T extends Tensor>(x: T): T {
  return tidy(() => {
    const scaled = constantOf(x, (value) => mul(value, Math.SQRT1_2));
    const cumulative = constantOf(scaled, (value) => mul(add(erf(value), 1), 0.5));
    return withGradient(
      x,
      (value, save) => {
        save(scaled, cumulative);
        return mul(value, cumulative);
      },
      (gradient, [u, probability]) => {
        const density = mul(div(u!, exp(square(u!))), 1 / Math.sqrt(Math.PI));
        return mul(gradient, add(probability!, density));
      },
    );
  });
}

const tanhScale = Math.sqrt(2 / Math.PI);
const tanhCubic = 0.044715;

/**
 * The tanh approximation of {@link gelu}: `torch.nn.GELU('tanh')`, `gelu_new` in Hugging Face's
 * transformers.
 */
export function geluTanh<T extends Tensor>(x: T): T {
  return tidy(() => {
    const bent = constantOf(x, (value) =>
      tanh(mul(value, add(mul(square(value), tanhScale * tanhCubic), tanhScale))),
    );
    return withGradient(
      x,
      (value, save) => {
        save(value, bent);
        return mul(mul(value, 0.5), add(bent, 1));
      },
      (gradient, [value, curve]) => {
        const slope = add(mul(square(value!), 3 * tanhScale * tanhCubic), tanhScale);
        const curved = mul(mul(value!, slope), sub(1, square(curve!)));
        return mul(gradient, mul(add(add(curve!, 1), curved), 0.5));
      },
    );
  });
}

const quickSlope = 1.702;

/** x·σ(1.702·x), the approximation of {@link gelu} in OpenAI's CLIP: `quick_gelu`. */
export function quickGelu<T extends Tensor>(x: T): T {
  return tidy(() => {
    const gate = constantOf(x, (value) => sigmoid(mul(value, quickSlope)));
    return withGradient(
      x,
      (value, save) => {
        save(value, gate);
        return mul(value, gate);
      },
      (gradient, [value, probability]) => {
        const bent = mul(mul(value!, quickSlope), sub(1, probability!));
        return mul(gradient, mul(probability!, add(bent, 1)));
      },
    );
  });
}

/** Activations by the name an option gives. */
export const activations = { gelu, geluTanh, quickGelu, relu } as const;

export type Activation = keyof typeof activations;
