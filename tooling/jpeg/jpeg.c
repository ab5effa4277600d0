/*
 * Decodes ordinary JPEG files to the bytes that libjpeg gives: 8 bits, YCbCr or grey, upright, without
 * a colour profile. Everything else, and every file that libjpeg warns of, is left to the caller.
 */
#include "module.h"
#include <stdio.h>
#include "jpeglib.h"
#include "jerror.h"

EXPORT(allocate) void *allocate(size_t length) { return malloc(length); }
EXPORT(release) void release(void *memory) { free(memory); }

static struct jpeg_decompress_struct image;
static struct jpeg_error_mgr errors;

/* The caller drops the module after a trap. */
static void stop(j_common_ptr info) { __builtin_trap(); }
static void note(j_common_ptr info, int level) {
  if (level < 0) info->err->num_warnings++;
}
static void ignore(j_common_ptr info) {}
static void format(j_common_ptr info, char *text) { *text = 0; }
static void reset(j_common_ptr info) { info->err->num_warnings = 0; }

static unsigned at2(const uint8_t *bytes, int big) {
  return big ? bytes[0] << 8 | bytes[1] : bytes[1] << 8 | bytes[0];
}
static unsigned at4(const uint8_t *bytes, int big) {
  return big ? at2(bytes, 1) << 16 | at2(bytes + 2, 1) : at2(bytes + 2, 0) << 16 | at2(bytes, 0);
}

/* Whether an Exif segment may say that the picture is to be turned. */
static int may_turn(const uint8_t *data, size_t length) {
  if (length < 14 || memcmp(data, "Exif\0", 6) != 0) return 0;
  const uint8_t *tiff = data + 6;
  size_t left = length - 6;
  int big = tiff[0] == 'M';
  size_t at = at4(tiff + 4, big);
  if (at > left - 2) return 1;
  unsigned count = at2(tiff + at, big);
  if (left - at - 2 < (size_t)count * 12) return 1;
  for (unsigned i = 0; i < count; i++) {
    const uint8_t *entry = tiff + at + 2 + i * 12;
    if (at2(entry, big) == 0x0112 && at2(entry + 8, big) != 1) return 1;
  }
  return 0;
}

static int ordinary(void) {
  int turned = 0, profile = 0;
  for (jpeg_saved_marker_ptr m = image.marker_list; m != NULL; m = m->next) {
    if (m->marker == JPEG_APP0 + 1) turned |= may_turn(m->data, m->data_length);
    if (m->marker == JPEG_APP0 + 2 && m->data_length >= 11)
      profile |= memcmp(m->data, "ICC_PROFILE", 11) == 0;
  }
  return image.data_precision == 8 && !turned && !profile &&
         (image.jpeg_color_space == JCS_YCbCr || image.jpeg_color_space == JCS_GRAYSCALE);
}

/* Reads the header. Returns whether decode() can go on; sizes in `size`. */
EXPORT(open) int open_jpeg(const uint8_t *file, size_t length, uint32_t *size) {
  memset(&errors, 0, sizeof errors);
  errors.error_exit = stop;
  errors.emit_message = note;
  errors.output_message = ignore;
  errors.format_message = format;
  errors.reset_error_mgr = reset;
  image.err = &errors;
  jpeg_create_decompress(&image);
  jpeg_save_markers(&image, JPEG_APP0 + 1, 0xffff);
  jpeg_save_markers(&image, JPEG_APP0 + 2, 0xffff);
  jpeg_mem_src(&image, file, length);
  jpeg_read_header(&image, TRUE);
  size[0] = image.image_width;
  size[1] = image.image_height;
  int known = ordinary() && errors.num_warnings == 0;
  if (!known) jpeg_destroy_decompress(&image);
  return known;
}

/* Drops what open() began. */
EXPORT(cancel) void cancel(void) { jpeg_destroy_decompress(&image); }

/* pixels: [height, width, 3]. Returns whether the file is whole. */
EXPORT(decode) int decode(uint8_t *pixels) {
  image.out_color_space = JCS_RGB;
  jpeg_start_decompress(&image);
  size_t line = (size_t)image.output_width * 3;
  while (image.output_scanline < image.output_height) {
    JSAMPROW rows[4];
    for (int i = 0; i < 4; i++) rows[i] = pixels + line * (image.output_scanline + i);
    unsigned left = image.output_height - image.output_scanline;
    jpeg_read_scanlines(&image, rows, left < 4 ? left : 4);
  }
  jpeg_finish_decompress(&image);
  int whole = errors.num_warnings == 0;
  jpeg_destroy_decompress(&image);
  return whole;
}
