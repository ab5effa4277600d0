/* What ordinary files never need: other depths than 8 bits, lossless and arithmetic coding, palettes. */
#define NEVER(name) void name(void) { __builtin_trap(); }
NEVER(jsimd_idct_2x2) NEVER(jsimd_idct_4x4) NEVER(jsimd_idct_ifast) NEVER(jsimd_idct_float)
NEVER(jsimd_h2v1_upsample) NEVER(jsimd_h2v2_upsample) NEVER(jsimd_h1v2_fancy_upsample)
NEVER(jsimd_h2v1_merged_upsample) NEVER(jsimd_h2v2_merged_upsample)

NEVER(jinit_arith_decoder) NEVER(jinit_lhuff_decoder) NEVER(jinit_merged_upsampler)
NEVER(jinit_1pass_quantizer) NEVER(jinit_2pass_quantizer)
NEVER(jinit_d_diff_controller) NEVER(jinit_lossless_decompressor)
NEVER(j12init_1pass_quantizer) NEVER(j12init_2pass_quantizer) NEVER(j12init_merged_upsampler)
NEVER(j12init_color_deconverter) NEVER(j12init_upsampler) NEVER(j12init_d_post_controller)
NEVER(j12init_lossless_decompressor) NEVER(j12init_d_diff_controller) NEVER(j12init_inverse_dct)
NEVER(j12init_d_coef_controller) NEVER(j12init_d_main_controller)
NEVER(j16init_color_deconverter) NEVER(j16init_upsampler) NEVER(j16init_d_post_controller)
NEVER(j16init_lossless_decompressor) NEVER(j16init_d_diff_controller)
NEVER(j16init_d_main_controller)
