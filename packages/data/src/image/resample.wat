;; Two loops of resampling, four or sixteen sums at a time; resample.ts says what they compute.
;; `node tooling/wasm.mjs` makes resample-wasm.ts of this file.
(module
  (memory (export "memory") 1)

  ;; Rows of RGB bytes become rows of `size` pixels. Of pixel i, spans[i] is the first pixel that it
  ;; is made of and how many there are (2 i32), and weights[i · longest …] are their weights (i32).
  ;; Four rows at a time, whose sums do not wait for one another; up to three after the last are read
  ;; and written too.
  (func (export "across")
    (param $source i32) (param $rowBytes i32) (param $rows i32) (param $size i32)
    (param $spans i32) (param $weights i32) (param $longest i32) (param $target i32)
    (local $span i32) (local $spansEnd i32) (local $line i32) (local $width i32)
    (local $from i32) (local $from1 i32) (local $from2 i32) (local $from3 i32)
    (local $to i32) (local $weight i32) (local $end i32) (local $factor v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $spansEnd (i32.add (local.get $spans) (i32.shl (local.get $size) (i32.const 3))))
    (local.set $width (i32.mul (local.get $size) (i32.const 3)))
    (loop $row
      (local.set $span (local.get $spans))
      (local.set $line (local.get $weights))
      (local.set $to (local.get $target))
      (loop $pixel
        (local.set $a (v128.const i32x4 2097152 2097152 2097152 2097152))
        (local.set $b (local.get $a))
        (local.set $c (local.get $a))
        (local.set $d (local.get $a))
        (local.set $from (i32.add (local.get $source)
          (i32.mul (i32.load (local.get $span)) (i32.const 3))))
        (local.set $from1 (i32.add (local.get $from) (local.get $rowBytes)))
        (local.set $from2 (i32.add (local.get $from1) (local.get $rowBytes)))
        (local.set $from3 (i32.add (local.get $from2) (local.get $rowBytes)))
        (local.set $weight (local.get $line))
        (local.set $end (i32.add (local.get $line)
          (i32.shl (i32.load offset=4 (local.get $span)) (i32.const 2))))
        (loop $tap
          (local.set $factor (v128.load32_splat (local.get $weight)))
          (local.set $a (i32x4.add (local.get $a) (i32x4.mul (local.get $factor)
            (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
              (v128.load32_zero (local.get $from)))))))
          (local.set $from (i32.add (local.get $from) (i32.const 3)))
          (local.set $b (i32x4.add (local.get $b) (i32x4.mul (local.get $factor)
            (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
              (v128.load32_zero (local.get $from1)))))))
          (local.set $from1 (i32.add (local.get $from1) (i32.const 3)))
          (local.set $c (i32x4.add (local.get $c) (i32x4.mul (local.get $factor)
            (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
              (v128.load32_zero (local.get $from2)))))))
          (local.set $from2 (i32.add (local.get $from2) (i32.const 3)))
          (local.set $d (i32x4.add (local.get $d) (i32x4.mul (local.get $factor)
            (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
              (v128.load32_zero (local.get $from3)))))))
          (local.set $from3 (i32.add (local.get $from3) (i32.const 3)))
          (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
          (br_if $tap (i32.lt_u (local.get $weight) (local.get $end))))
        ;; Bytes 0 to 2, 4 to 6, 8 to 10 and 12 to 14 are the four pixels.
        (local.set $a (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s (local.get $a) (i32.const 22)) (i32x4.shr_s (local.get $b) (i32.const 22)))
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s (local.get $c) (i32.const 22)) (i32x4.shr_s (local.get $d) (i32.const 22)))))
        (local.set $end (local.get $to))
        (v128.store16_lane 0 (local.get $end) (local.get $a))
        (i32.store8 offset=2 (local.get $end) (i8x16.extract_lane_u 2 (local.get $a)))
        (local.set $end (i32.add (local.get $end) (local.get $width)))
        (v128.store16_lane 2 (local.get $end) (local.get $a))
        (i32.store8 offset=2 (local.get $end) (i8x16.extract_lane_u 6 (local.get $a)))
        (local.set $end (i32.add (local.get $end) (local.get $width)))
        (v128.store16_lane 4 (local.get $end) (local.get $a))
        (i32.store8 offset=2 (local.get $end) (i8x16.extract_lane_u 10 (local.get $a)))
        (local.set $end (i32.add (local.get $end) (local.get $width)))
        (v128.store16_lane 6 (local.get $end) (local.get $a))
        (i32.store8 offset=2 (local.get $end) (i8x16.extract_lane_u 14 (local.get $a)))
        (local.set $to (i32.add (local.get $to) (i32.const 3)))
        (local.set $line (i32.add (local.get $line)
          (i32.shl (local.get $longest) (i32.const 2))))
        (local.set $span (i32.add (local.get $span) (i32.const 8)))
        (br_if $pixel (i32.lt_u (local.get $span) (local.get $spansEnd))))
      (local.set $source (i32.add (local.get $source) (i32.shl (local.get $rowBytes) (i32.const 2))))
      (local.set $target (i32.add (local.get $target) (i32.shl (local.get $width) (i32.const 2))))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 4)))
      (br_if $row (i32.gt_s (local.get $rows) (i32.const 0)))))

  ;; `rows` rows of `length` bytes become one: byte x is the sum of weights[k] · row k[x]. Sixteen
  ;; bytes at a time; up to fifteen after `length` are read and written too.
  (func (export "down")
    (param $source i32) (param $length i32) (param $rows i32)
    (param $weights i32) (param $target i32)
    (local $x i32) (local $from i32) (local $weight i32) (local $end i32)
    (local $bytes v128) (local $low v128) (local $high v128) (local $factor v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $end (i32.add (local.get $weights) (i32.shl (local.get $rows) (i32.const 2))))
    (loop $block
      (local.set $a (v128.const i32x4 2097152 2097152 2097152 2097152))
      (local.set $b (local.get $a))
      (local.set $c (local.get $a))
      (local.set $d (local.get $a))
      (local.set $from (i32.add (local.get $source) (local.get $x)))
      (local.set $weight (local.get $weights))
      (loop $tap
        (local.set $bytes (v128.load (local.get $from)))
        (local.set $factor (v128.load32_splat (local.get $weight)))
        (local.set $low (i16x8.extend_low_i8x16_u (local.get $bytes)))
        (local.set $high (i16x8.extend_high_i8x16_u (local.get $bytes)))
        (local.set $a (i32x4.add (local.get $a)
          (i32x4.mul (i32x4.extend_low_i16x8_u (local.get $low)) (local.get $factor))))
        (local.set $b (i32x4.add (local.get $b)
          (i32x4.mul (i32x4.extend_high_i16x8_u (local.get $low)) (local.get $factor))))
        (local.set $c (i32x4.add (local.get $c)
          (i32x4.mul (i32x4.extend_low_i16x8_u (local.get $high)) (local.get $factor))))
        (local.set $d (i32x4.add (local.get $d)
          (i32x4.mul (i32x4.extend_high_i16x8_u (local.get $high)) (local.get $factor))))
        (local.set $from (i32.add (local.get $from) (local.get $length)))
        (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
        (br_if $tap (i32.lt_u (local.get $weight) (local.get $end))))
      (v128.store (i32.add (local.get $target) (local.get $x))
        (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s (local.get $a) (i32.const 22)) (i32x4.shr_s (local.get $b) (i32.const 22)))
          (i16x8.narrow_i32x4_s
            (i32x4.shr_s (local.get $c) (i32.const 22)) (i32x4.shr_s (local.get $d) (i32.const 22)))))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (br_if $block (i32.lt_u (local.get $x) (local.get $length))))))
