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

#define ADD wasm_i32x4_add
#define SUB wasm_i32x4_sub
#define LOW16(a, b) wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH16(a, b) wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define PAIR(a, b) a, b, a, b, a, b, a, b
#define ALWAYS static inline __attribute__((always_inline))

/*
 * The islow transform as a product: pairs of inputs by pairs of factors, which are √2 · cosines with
 * 13 binary places, rounded as jidctint.c does. In memory, since engines take longer to make constants.
 */
enum { X04 = 0, X26 = 2, X13 = 4, X57 = 8 };
static int16_t factors[12][8] __attribute__((aligned(16))) = {
  {PAIR(8192, 8192)}, {PAIR(8192, -8192)},
  {PAIR(10703, 4433)}, {PAIR(4433, -10704)},
  {PAIR(11363, 9633)}, {PAIR(9633, -2259)}, {PAIR(6437, -11362)}, {PAIR(2260, -6436)},
  {PAIR(6437, 2260)}, {PAIR(-11362, -6436)}, {PAIR(2261, 9633)}, {PAIR(9633, -11363)},
};

/* Four of the eight columns: pairs of rows, of which those from the fourth on are 0 in a short one. */
ALWAYS void transform4(v128_t x04, v128_t x26, v128_t x13, v128_t x57, const int16_t (*by)[8], int shift,
                       int is_short, v128_t made[8]) {
#define DOT(x, row) wasm_i32x4_dot_i16x8(x, wasm_v128_load(by[row]))
  v128_t half = wasm_i32x4_splat(1 << (shift - 1));
  v128_t t0 = ADD(DOT(x04, X04), half), t1 = is_short ? t0 : ADD(DOT(x04, X04 + 1), half);
  v128_t t3 = DOT(x26, X26), t2 = DOT(x26, X26 + 1);
  v128_t even[4] = {ADD(t0, t3), ADD(t1, t2), SUB(t1, t2), SUB(t0, t3)};
  for (int i = 0; i < 4; i++) {
    v128_t odd = DOT(x13, X13 + i);
    if (!is_short) odd = ADD(odd, DOT(x57, X57 + i));
    made[i] = wasm_i32x4_shr(ADD(even[i], odd), shift);
    made[7 - i] = wasm_i32x4_shr(SUB(even[i], odd), shift);
  }
}

ALWAYS void transform(v128_t x[8], const int16_t (*by)[8], int shift, int is_short) {
  v128_t low[8], high[8];
  transform4(LOW16(x[0], x[4]), LOW16(x[2], x[6]), LOW16(x[1], x[3]), LOW16(x[5], x[7]), by, shift,
             is_short, low);
  transform4(HIGH16(x[0], x[4]), HIGH16(x[2], x[6]), HIGH16(x[1], x[3]), HIGH16(x[5], x[7]), by, shift,
             is_short, high);
  for (int i = 0; i < 8; i++) x[i] = wasm_i16x8_narrow_i32x4(low[i], high[i]);
}

ALWAYS void transpose(v128_t x[8]) {
  v128_t a[8], b[8];
  for (int i = 0; i < 4; i++) a[2 * i] = LOW16(x[i], x[i + 4]), a[2 * i + 1] = HIGH16(x[i], x[i + 4]);
  for (int i = 0; i < 4; i++) b[2 * i] = LOW16(a[i], a[i + 4]), b[2 * i + 1] = HIGH16(a[i], a[i + 4]);
  for (int i = 0; i < 4; i++) x[2 * i] = LOW16(b[i], b[i + 4]), x[2 * i + 1] = HIGH16(b[i], b[i + 4]);
}

/* Of eight columns: rows of bytes, two of them in each. */
ALWAYS void transpose_bytes(const v128_t x[8], v128_t rows[4]) {
#define BYTES(i) wasm_i8x16_narrow_i16x8(x[i], x[i + 2])
#define LOW8(a, b) wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH8(a, b) wasm_i8x16_shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
  v128_t n0 = BYTES(0), n1 = BYTES(1), n4 = BYTES(4), n5 = BYTES(5);
  v128_t x01 = LOW8(n0, n1), x23 = HIGH8(n0, n1), x45 = LOW8(n4, n5), x67 = HIGH8(n4, n5);
  v128_t a = LOW16(x01, x23), b = HIGH16(x01, x23), c = LOW16(x45, x67), d = HIGH16(x45, x67);
  rows[0] = wasm_i32x4_shuffle(a, c, 0, 4, 1, 5), rows[1] = wasm_i32x4_shuffle(a, c, 2, 6, 3, 7);
  rows[2] = wasm_i32x4_shuffle(b, d, 0, 4, 1, 5), rows[3] = wasm_i32x4_shuffle(b, d, 2, 6, 3, 7);
}

ALWAYS void inverse(v128_t x[8], const int16_t (*by)[8], int is_short, JSAMPARRAY out, JDIMENSION column) {
  transform(x, by, 11, is_short);
  transpose(x);
  transform(x, by, 18, 0);
  v128_t rows[4], centre = wasm_i8x16_splat(-128);
  transpose_bytes(x, rows);
  for (int i = 0; i < 4; i++) {
    v128_t both = wasm_v128_xor(rows[i], centre);
    wasm_v128_store64_lane(out[2 * i] + column, both, 0);
    wasm_v128_store64_lane(out[2 * i + 1] + column, both, 1);
  }
}

void jsimd_idct_islow(j_decompress_ptr info, jpeg_component_info *component, JCOEFPTR block,
                      JSAMPARRAY out, JDIMENSION column) {
  const int16_t *quantum = component->dct_table, (*by)[8] = factors;
  __asm__("" : "+r"(by));
  v128_t x[8];
  for (int i = 0; i < 8; i++) x[i] = wasm_v128_load(block + 8 * i);
  v128_t last = wasm_v128_or(wasm_v128_or(x[4], x[5]), wasm_v128_or(x[6], x[7]));
  v128_t first = wasm_v128_or(wasm_v128_or(x[1], x[2]), wasm_v128_or(x[3], wasm_i16x8_replace_lane(x[0], 0, 0)));
  if (!wasm_v128_any_true(wasm_v128_or(first, last))) {
    int level = ((block[0] * quantum[0] * 4 + 16) >> 5) + 128;
    v128_t grey = wasm_i8x16_splat(level < 0 ? 0 : level > 255 ? 255 : level);
    for (int i = 0; i < 8; i++) wasm_v128_store64_lane(out[i] + column, grey, 0);
    return;
  }
  for (int i = 0; i < 8; i++) x[i] = wasm_i16x8_mul(x[i], wasm_v128_load(quantum + 8 * i));
  if (wasm_v128_any_true(last)) inverse(x, by, 0, out, column);
  else inverse(x, by, 1, out, column);
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

/*
 * Eight pixels: jdcolor.c's products, (x · factor + 2^15) >> 16 with whole parts of the factors apart. Of red
 * and blue, half the factor gives the same for all 256 values of x.
 */
ALWAYS void rgb(v128_t y, v128_t cb, v128_t cr, v128_t made[3]) {
  v128_t centre = wasm_i16x8_splat(128), half = wasm_i32x4_splat(1 << 15);
  cb = wasm_i16x8_sub(cb, centre), cr = wasm_i16x8_sub(cr, centre);
  v128_t of_green = wasm_i16x8_const(PAIR(-22554, 18734));
  v128_t low = ADD(wasm_i32x4_dot_i16x8(LOW16(cb, cr), of_green), half);
  v128_t high = ADD(wasm_i32x4_dot_i16x8(HIGH16(cb, cr), of_green), half);
  v128_t green = wasm_i16x8_narrow_i32x4(wasm_i32x4_shr(low, 16), wasm_i32x4_shr(high, 16));
  v128_t red = wasm_i16x8_q15mulr_sat(cr, wasm_i16x8_splat(13172));
  v128_t blue = wasm_i16x8_q15mulr_sat(cb, wasm_i16x8_splat(-7471));
  made[0] = wasm_i16x8_add(y, wasm_i16x8_add(cr, red));
  made[1] = wasm_i16x8_add(y, wasm_i16x8_sub(green, cr));
  made[2] = wasm_i16x8_add(y, wasm_i16x8_add(wasm_i16x8_add(cb, cb), blue));
}

/* Sixteen pixels. */
ALWAYS void colour(const uint8_t *ys, const uint8_t *cbs, const uint8_t *crs, uint8_t *out) {
  v128_t y = wasm_v128_load(ys), cb = wasm_v128_load(cbs), cr = wasm_v128_load(crs);
  v128_t low[3], high[3], c[3];
  rgb(wasm_u16x8_extend_low_u8x16(y), wasm_u16x8_extend_low_u8x16(cb),
      wasm_u16x8_extend_low_u8x16(cr), low);
  rgb(wasm_u16x8_extend_high_u8x16(y), wasm_u16x8_extend_high_u8x16(cb),
      wasm_u16x8_extend_high_u8x16(cr), high);
  for (int i = 0; i < 3; i++) c[i] = wasm_u8x16_narrow_i16x8(low[i], high[i]);
  /* Pixels of four bytes, of which the last is taken out. */
  v128_t packed = wasm_i8x16_const(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  v128_t rg[2] = {LOW8(c[0], c[1]), HIGH8(c[0], c[1])}, b[2] = {LOW8(c[2], c[2]), HIGH8(c[2], c[2])};
  for (int i = 0; i < 2; i++) {
    wasm_v128_store(out + 24 * i, wasm_i8x16_swizzle(LOW16(rg[i], b[i]), packed));
    v128_t last = wasm_i8x16_swizzle(HIGH16(rg[i], b[i]), packed);
    if (i == 0) {
      wasm_v128_store(out + 12, last);
    } else {
      wasm_v128_store64_lane(out + 36, last, 0);
      wasm_v128_store32_lane(out + 44, last, 2);
    }
  }
}

void jsimd_color_deconvert(j_decompress_ptr info, JSAMPIMAGE in, JDIMENSION row, JSAMPARRAY out,
                           int rows) {
  int width = info->output_width;
  for (int r = 0; r < rows; r++, row++) {
    const uint8_t *y = in[0][row], *cb = in[1][row], *cr = in[2][row];
    int x = 0;
    for (; x + 16 <= width; x += 16) colour(y + x, cb + x, cr + x, out[r] + 3 * x);
    if (x == width) continue;
    uint8_t rest[4][48] = {{0}};
    memcpy(rest[0], y + x, width - x);
    memcpy(rest[1], cb + x, width - x);
    memcpy(rest[2], cr + x, width - x);
    colour(rest[0], rest[1], rest[2], rest[3]);
    memcpy(out[r] + 3 * x, rest[3], 3 * (width - x));
  }
}
