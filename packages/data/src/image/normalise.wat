;; One loop over RGB bytes, twelve values (four pixels) at a time; normalise.ts says what it computes.
;; `node tooling/wasm.mjs` makes normalise-wasm.ts of this file.
(module
  (memory (export "memory") 1)

  ;; The bytes from `source` to before `end` become float32 at `target`: (byte / 255 - mean) / std, each step
  ;; rounded to float32. At `statistics` the means of twelve values in a row, and after them their deviations
  ;; (24 f32). Up to fifteen bytes after `end` are read, and up to eleven values more are written.
  (func (export "normalise")
    (param $source i32) (param $end i32) (param $target i32) (param $statistics i32)
    (local $low v128) (local $high v128) (local $most v128)
    (local $meanA v128) (local $meanB v128) (local $meanC v128)
    (local $stdA v128) (local $stdB v128) (local $stdC v128)
    (local.set $most (v128.const f32x4 255 255 255 255))
    (local.set $meanA (v128.load (local.get $statistics)))
    (local.set $meanB (v128.load offset=16 (local.get $statistics)))
    (local.set $meanC (v128.load offset=32 (local.get $statistics)))
    (local.set $stdA (v128.load offset=48 (local.get $statistics)))
    (local.set $stdB (v128.load offset=64 (local.get $statistics)))
    (local.set $stdC (v128.load offset=80 (local.get $statistics)))
    (loop $pixels
      (local.set $high (v128.load (local.get $source)))
      (local.set $low (i16x8.extend_low_i8x16_u (local.get $high)))
      (local.set $high (i16x8.extend_high_i8x16_u (local.get $high)))
      (v128.store (local.get $target)
        (f32x4.div (f32x4.sub (f32x4.div
          (f32x4.convert_i32x4_u (i32x4.extend_low_i16x8_u (local.get $low)))
          (local.get $most)) (local.get $meanA)) (local.get $stdA)))
      (v128.store offset=16 (local.get $target)
        (f32x4.div (f32x4.sub (f32x4.div
          (f32x4.convert_i32x4_u (i32x4.extend_high_i16x8_u (local.get $low)))
          (local.get $most)) (local.get $meanB)) (local.get $stdB)))
      (v128.store offset=32 (local.get $target)
        (f32x4.div (f32x4.sub (f32x4.div
          (f32x4.convert_i32x4_u (i32x4.extend_low_i16x8_u (local.get $high)))
          (local.get $most)) (local.get $meanC)) (local.get $stdC)))
      (local.set $source (i32.add (local.get $source) (i32.const 12)))
      (local.set $target (i32.add (local.get $target) (i32.const 48)))
      (br_if $pixels (i32.lt_u (local.get $source) (local.get $end))))))
