/*
 * The steps of decoding that take libjpeg longest, in WebAssembly's vectors. They give the bytes of
 * libjpeg's own: jidctint.c, jdsample.c and jdcolor.c of libjpeg-turbo have the definitions.
 */
#define JPEG_INTERNALS
#include "module.h"
#include <wasm_simd128.h>
#include "jinclude.h"
#include "jpeglib.h"
#include "jdct.h"

/* libjpeg asks for each step whether there is a faster one. */
#define NONE(name) unsigned name(j_decompress_ptr info) { return 0; }
#define SOME(name) unsigned name(j_decompress_ptr info) { return 1; }
SOME(jsimd_set_idct_islow)
SOME(jsimd_set_ycc_rgb)
SOME(jsimd_set_h2v1_fancy_upsample)
SOME(jsimd_set_h2v2_fancy_upsample)
NONE(jsimd_set_ycc_rgb565)
NONE(jsimd_set_idct_2x2)
NONE(jsimd_set_idct_4x4)
NONE(jsimd_set_idct_ifast)
NONE(jsimd_set_idct_float)
NONE(jsimd_set_h2v1_upsample)
NONE(jsimd_set_h2v2_upsample)
NONE(jsimd_set_h1v2_fancy_upsample)
NONE(jsimd_set_h2v1_merged_upsample)
NONE(jsimd_set_h2v2_merged_upsample)

static v128_t times(v128_t x, int factor) { return wasm_i32x4_mul(x, wasm_i32x4_splat(factor)); }
#define ADD wasm_i32x4_add
#define SUB wasm_i32x4_sub

/* The islow transform of four columns; constants are √2 · cosines with 13 binary places. */
static inline __attribute__((always_inline)) void transform(v128_t x[8], int shift) {
  v128_t z1 = times(ADD(x[2], x[6]), 4433);
  v128_t t2 = ADD(z1, times(x[6], -15137)), t3 = ADD(z1, times(x[2], 6270));
  v128_t t0 = wasm_i32x4_shl(ADD(x[0], x[4]), 13), t1 = wasm_i32x4_shl(SUB(x[0], x[4]), 13);
  v128_t half = wasm_i32x4_splat(1 << (shift - 1));
  v128_t e0 = ADD(ADD(t0, t3), half), e3 = ADD(SUB(t0, t3), half);
  v128_t e1 = ADD(ADD(t1, t2), half), e2 = ADD(SUB(t1, t2), half);
  v128_t z3 = ADD(x[7], x[3]), z4 = ADD(x[5], x[1]), z5 = times(ADD(z3, z4), 9633);
  z1 = times(ADD(x[7], x[1]), -7373);
  v128_t z2 = times(ADD(x[5], x[3]), -20995);
  z3 = ADD(times(z3, -16069), z5);
  z4 = ADD(times(z4, -3196), z5);
  v128_t o0 = ADD(times(x[7], 2446), ADD(z1, z3)), o1 = ADD(times(x[5], 16819), ADD(z2, z4));
  v128_t o2 = ADD(times(x[3], 25172), ADD(z2, z3)), o3 = ADD(times(x[1], 12299), ADD(z1, z4));
  x[0] = wasm_i32x4_shr(ADD(e0, o3), shift), x[7] = wasm_i32x4_shr(SUB(e0, o3), shift);
  x[1] = wasm_i32x4_shr(ADD(e1, o2), shift), x[6] = wasm_i32x4_shr(SUB(e1, o2), shift);
  x[2] = wasm_i32x4_shr(ADD(e2, o1), shift), x[5] = wasm_i32x4_shr(SUB(e2, o1), shift);
  x[3] = wasm_i32x4_shr(ADD(e3, o0), shift), x[4] = wasm_i32x4_shr(SUB(e3, o0), shift);
}

#define LOW16(a, b) wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH16(a, b) wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15)

static inline __attribute__((always_inline)) void transpose(v128_t x[8]) {
  v128_t a[8], b[8];
  for (int i = 0; i < 4; i++) a[2 * i] = LOW16(x[i], x[i + 4]), a[2 * i + 1] = HIGH16(x[i], x[i + 4]);
  for (int i = 0; i < 4; i++) b[2 * i] = LOW16(a[i], a[i + 4]), b[2 * i + 1] = HIGH16(a[i], a[i + 4]);
  for (int i = 0; i < 4; i++) x[2 * i] = LOW16(b[i], b[i + 4]), x[2 * i + 1] = HIGH16(b[i], b[i + 4]);
}

void jsimd_idct_islow(j_decompress_ptr info, jpeg_component_info *component, JCOEFPTR block,
                      JSAMPARRAY out, JDIMENSION column) {
  const int16_t *factors = component->dct_table;
  v128_t coefs[8], any = wasm_i16x8_const(0, 0, 0, 0, 0, 0, 0, 0);
  for (int i = 0; i < 8; i++) {
    coefs[i] = wasm_v128_load(block + 8 * i);
    any = wasm_v128_or(any, i == 0 ? wasm_i16x8_replace_lane(coefs[0], 0, 0) : coefs[i]);
  }
  if (!wasm_v128_any_true(any)) {
    int level = ((block[0] * factors[0] * 4 + 16) >> 5) + 128;
    uint8_t grey = level < 0 ? 0 : level > 255 ? 255 : level;
    for (int i = 0; i < 8; i++) memset(out[i] + column, grey, 8);
    return;
  }
  v128_t low[8], high[8], x[8];
  for (int i = 0; i < 8; i++) {
    v128_t factor = wasm_v128_load(factors + 8 * i);
    low[i] = wasm_i32x4_extmul_low_i16x8(coefs[i], factor);
    high[i] = wasm_i32x4_extmul_high_i16x8(coefs[i], factor);
  }
  transform(low, 11);
  transform(high, 11);
  for (int i = 0; i < 8; i++) x[i] = wasm_i16x8_narrow_i32x4(low[i], high[i]);
  transpose(x);
  for (int i = 0; i < 8; i++) {
    low[i] = wasm_i32x4_extend_low_i16x8(x[i]);
    high[i] = wasm_i32x4_extend_high_i16x8(x[i]);
  }
  transform(low, 18);
  transform(high, 18);
  for (int i = 0; i < 8; i++) x[i] = wasm_i16x8_narrow_i32x4(low[i], high[i]);
  transpose(x);
  v128_t centre = wasm_i16x8_splat(128);
  for (int i = 0; i < 8; i += 2) {
    v128_t rows = wasm_u8x16_narrow_i16x8(wasm_i16x8_add(x[i], centre), wasm_i16x8_add(x[i + 1], centre));
    wasm_v128_store64_lane(out[i] + column, rows, 0);
    wasm_v128_store64_lane(out[i + 1] + column, rows, 1);
  }
}

/*
 * Doubles a row: each value gives (3 · itself + its left neighbour + before) >> shift and (3 · itself +
 * its right one + after) >> shift. values[-1] and values[count] are the neighbours of the ends.
 */
static void widen(const uint16_t *values, JSAMPROW out, int count, int before, int after, int shift) {
  v128_t first = wasm_i16x8_splat(before), second = wasm_i16x8_splat(after);
  int i = 0;
  for (; i + 8 <= count; i += 8) {
    v128_t own = wasm_v128_load(values + i), triple = wasm_i16x8_add(own, wasm_i16x8_add(own, own));
    v128_t left = wasm_i16x8_add(wasm_i16x8_add(triple, wasm_v128_load(values + i - 1)), first);
    v128_t right = wasm_i16x8_add(wasm_i16x8_add(triple, wasm_v128_load(values + i + 1)), second);
    left = wasm_u16x8_shr(left, shift), right = wasm_u16x8_shr(right, shift);
    wasm_v128_store(out + 2 * i, wasm_v128_or(left, wasm_i16x8_shl(right, 8)));
  }
  for (; i < count; i++) {
    out[2 * i] = (3 * values[i] + values[i - 1] + before) >> shift;
    out[2 * i + 1] = (3 * values[i] + values[i + 1] + after) >> shift;
  }
}

static uint16_t sums[65536 / 2 + 16];

/* 3 · near + far (or `near` alone without `far`), with the ends repeated. */
static const uint16_t *mixed(JSAMPROW near, JSAMPROW far, int count) {
  uint16_t *values = sums + 8;
  for (int i = 0; i < count; i++) values[i] = far == NULL ? near[i] : 3 * near[i] + far[i];
  values[-1] = values[0];
  values[count] = values[count - 1];
  return values;
}

void jsimd_h2v1_fancy_upsample(j_decompress_ptr info, jpeg_component_info *component,
                               JSAMPARRAY in, JSAMPARRAY *out) {
  int count = component->downsampled_width;
  for (int row = 0; row < info->max_v_samp_factor; row++)
    widen(mixed(in[row], NULL, count), (*out)[row], count, 1, 2, 2);
}

void jsimd_h2v2_fancy_upsample(j_decompress_ptr info, jpeg_component_info *component,
                               JSAMPARRAY in, JSAMPARRAY *out) {
  int count = component->downsampled_width;
  for (int row = 0; 2 * row < info->max_v_samp_factor; row++) {
    for (int half = 0; half < 2; half++)
      widen(mixed(in[row], in[row + (half ? 1 : -1)], count), (*out)[2 * row + half], count, 8, 7, 4);
  }
}

/* (x · factor + half) >> 16 of pairs (Cb, Cr), as 16-bit numbers. */
static v128_t product(v128_t low, v128_t high, v128_t factors) {
  v128_t half = wasm_i32x4_splat(1 << 15);
  v128_t a = ADD(wasm_i32x4_dot_i16x8(low, factors), half);
  v128_t b = ADD(wasm_i32x4_dot_i16x8(high, factors), half);
  return wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(a, 16), wasm_i32x4_shr(b, 16));
}

#define PAIR(a, b) wasm_i16x8_const(a, b, a, b, a, b, a, b)

/* Eight pixels; factors have 16 binary places, of which whole parts are added apart. */
static inline __attribute__((always_inline)) void rgb(v128_t y, v128_t cb, v128_t cr, v128_t made[3]) {
  v128_t centre = wasm_i16x8_splat(128);
  cb = wasm_i16x8_sub(cb, centre), cr = wasm_i16x8_sub(cr, centre);
  v128_t low = LOW16(cb, cr), high = HIGH16(cb, cr);
  v128_t r = wasm_i16x8_add(product(low, high, PAIR(0, 26345)), cr);
  v128_t g = wasm_i16x8_sub(product(low, high, PAIR(-22554, 18734)), cr);
  v128_t b = wasm_i16x8_add(product(low, high, PAIR(-14942, 0)), wasm_i16x8_add(cb, cb));
  made[0] = wasm_i16x8_add(y, r), made[1] = wasm_i16x8_add(y, g), made[2] = wasm_i16x8_add(y, b);
}

static void colour_row(const uint8_t *ys, const uint8_t *cbs, const uint8_t *crs, uint8_t *out) {
  v128_t y = wasm_v128_load(ys), cb = wasm_v128_load(cbs), cr = wasm_v128_load(crs);
  v128_t low[3], high[3], c[3];
  rgb(wasm_u16x8_extend_low_u8x16(y), wasm_u16x8_extend_low_u8x16(cb),
      wasm_u16x8_extend_low_u8x16(cr), low);
  rgb(wasm_u16x8_extend_high_u8x16(y), wasm_u16x8_extend_high_u8x16(cb),
      wasm_u16x8_extend_high_u8x16(cr), high);
  for (int i = 0; i < 3; i++) c[i] = wasm_u8x16_narrow_i16x8(low[i], high[i]);
  /* Red and green as pairs, then blue between them. */
  v128_t a = wasm_i8x16_shuffle(c[0], c[1], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  v128_t b = wasm_i8x16_shuffle(c[0], c[1], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  v128_t m = wasm_i8x16_shuffle(a, b, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 0, 0, 0, 0);
  wasm_v128_store(out, wasm_i8x16_shuffle(a, c[2], 0, 1, 16, 2, 3, 17, 4, 5, 18, 6, 7, 19, 8, 9, 20, 10));
  wasm_v128_store(out + 16, wasm_i8x16_shuffle(m, c[2], 1, 21, 2, 3, 22, 4, 5, 23, 6, 7, 24, 8, 9, 25, 10, 11));
  wasm_v128_store(out + 32, wasm_i8x16_shuffle(b, c[2], 26, 6, 7, 27, 8, 9, 28, 10, 11, 29, 12, 13, 30, 14, 15, 31));
}

void jsimd_color_deconvert(j_decompress_ptr info, JSAMPIMAGE in, JDIMENSION row, JSAMPARRAY out,
                           int rows) {
  int width = info->output_width;
  for (int r = 0; r < rows; r++, row++) {
    const uint8_t *y = in[0][row], *cb = in[1][row], *cr = in[2][row];
    int x = 0;
    for (; x + 16 <= width; x += 16) colour_row(y + x, cb + x, cr + x, out[r] + 3 * x);
    if (x == width) continue;
    uint8_t rest[4][48] = {{0}};
    memcpy(rest[0], y + x, width - x);
    memcpy(rest[1], cb + x, width - x);
    memcpy(rest[2], cr + x, width - x);
    colour_row(rest[0], rest[1], rest[2], rest[3]);
    memcpy(out[r] + 3 * x, rest[3], 3 * (width - x));
  }
}
