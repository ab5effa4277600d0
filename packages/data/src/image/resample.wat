;; Two loops of resampling, four or sixteen sums at a time; resample.ts says what they compute.
;; `node tooling/wasm.mjs` makes resample-wasm.ts of this file.
(module
  (memory (export "memory") 1)

  ;; Rows of RGB bytes become rows of `size` pixels. Of pixel i, spans[i] is the first pixel that it
  ;; is made of and how many there are (2 i32), and weights[i · longest …] are their weights (i32).
  (func (export "across")
    (param $source i32) (param $rowBytes i32) (param $rows i32) (param $size i32)
    (param $spans i32) (param $weights i32) (param $longest i32) (param $target i32)
    (local $span i32) (local $spansEnd i32) (local $line i32)
    (local $from i32) (local $weight i32) (local $end i32) (local $sum v128)
    (local.set $spansEnd (i32.add (local.get $spans) (i32.shl (local.get $size) (i32.const 3))))
    (loop $row
      (local.set $span (local.get $spans))
      (local.set $line (local.get $weights))
      (loop $pixel
        (local.set $sum (v128.const i32x4 2097152 2097152 2097152 2097152))
        (local.set $from (i32.add (local.get $source)
          (i32.mul (i32.load (local.get $span)) (i32.const 3))))
        (local.set $weight (local.get $line))
        (local.set $end (i32.add (local.get $line)
          (i32.shl (i32.load offset=4 (local.get $span)) (i32.const 2))))
        (loop $tap
          (local.set $sum (i32x4.add (local.get $sum)
            (i32x4.mul
              (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u
                (v128.load32_zero (local.get $from))))
              (v128.load32_splat (local.get $weight)))))
          (local.set $from (i32.add (local.get $from) (i32.const 3)))
          (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
          (br_if $tap (i32.lt_u (local.get $weight) (local.get $end))))
        (local.set $sum (i32x4.shr_s (local.get $sum) (i32.const 22)))
        (local.set $sum (i16x8.narrow_i32x4_s (local.get $sum) (local.get $sum)))
        ;; The fourth byte is no value; the next pixel takes its place.
        (v128.store32_lane 0 (local.get $target)
          (i8x16.narrow_i16x8_u (local.get $sum) (local.get $sum)))
        (local.set $target (i32.add (local.get $target) (i32.const 3)))
        (local.set $line (i32.add (local.get $line)
          (i32.shl (local.get $longest) (i32.const 2))))
        (local.set $span (i32.add (local.get $span) (i32.const 8)))
        (br_if $pixel (i32.lt_u (local.get $span) (local.get $spansEnd))))
      (local.set $source (i32.add (local.get $source) (local.get $rowBytes)))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
      (br_if $row (local.get $rows))))

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
