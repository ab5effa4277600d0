;; Blocks of Threefry-2x32-20 (Salmon et al., SC 2011), four at a time, as `threefry` of keys.ts computes one.
;; words(key0, key1, first, groups): the words of the blocks with the counters (0, first) … to address 0,
;; groups · 8 of them. One page holds 16384 words.
(module
  (memory (export "memory") 1)
  (func (export "words")
    (param $key0 i32) (param $key1 i32) (param $first i32) (param $groups i32)
    (local $k0 v128) (local $k1 v128) (local $k2 v128)
    (local $counter v128) (local $x v128) (local $y v128) (local $at i32)
    (local.set $k0 (i32x4.splat (local.get $key0)))
    (local.set $k1 (i32x4.splat (local.get $key1)))
    (local.set $k2 (i32x4.splat
      (i32.xor (i32.const 0x1bd11bda) (i32.xor (local.get $key0) (local.get $key1)))))
    (local.set $counter
      (i32x4.add (i32x4.splat (local.get $first)) (v128.const i32x4 0 1 2 3)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $groups)))
        (local.set $x (local.get $k0))
        (local.set $y (i32x4.add (local.get $counter) (local.get $k1)))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 13)) (i32x4.shr_u (local.get $y) (i32.const 19)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 15)) (i32x4.shr_u (local.get $y) (i32.const 17)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 26)) (i32x4.shr_u (local.get $y) (i32.const 6)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 6)) (i32x4.shr_u (local.get $y) (i32.const 26)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $k1)))
        (local.set $y (i32x4.add (i32x4.add (local.get $y) (local.get $k2)) (v128.const i32x4 1 1 1 1)))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 17)) (i32x4.shr_u (local.get $y) (i32.const 15)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 29)) (i32x4.shr_u (local.get $y) (i32.const 3)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 16)) (i32x4.shr_u (local.get $y) (i32.const 16)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 24)) (i32x4.shr_u (local.get $y) (i32.const 8)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $k2)))
        (local.set $y (i32x4.add (i32x4.add (local.get $y) (local.get $k0)) (v128.const i32x4 2 2 2 2)))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 13)) (i32x4.shr_u (local.get $y) (i32.const 19)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 15)) (i32x4.shr_u (local.get $y) (i32.const 17)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 26)) (i32x4.shr_u (local.get $y) (i32.const 6)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 6)) (i32x4.shr_u (local.get $y) (i32.const 26)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $k0)))
        (local.set $y (i32x4.add (i32x4.add (local.get $y) (local.get $k1)) (v128.const i32x4 3 3 3 3)))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 17)) (i32x4.shr_u (local.get $y) (i32.const 15)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 29)) (i32x4.shr_u (local.get $y) (i32.const 3)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 16)) (i32x4.shr_u (local.get $y) (i32.const 16)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 24)) (i32x4.shr_u (local.get $y) (i32.const 8)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $k1)))
        (local.set $y (i32x4.add (i32x4.add (local.get $y) (local.get $k2)) (v128.const i32x4 4 4 4 4)))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 13)) (i32x4.shr_u (local.get $y) (i32.const 19)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 15)) (i32x4.shr_u (local.get $y) (i32.const 17)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 26)) (i32x4.shr_u (local.get $y) (i32.const 6)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $y)))
        (local.set $y (v128.xor (local.get $x) (v128.or
          (i32x4.shl (local.get $y) (i32.const 6)) (i32x4.shr_u (local.get $y) (i32.const 26)))))
        (local.set $x (i32x4.add (local.get $x) (local.get $k2)))
        (local.set $y (i32x4.add (i32x4.add (local.get $y) (local.get $k0)) (v128.const i32x4 5 5 5 5)))
        (v128.store (local.get $at) (i8x16.shuffle
          0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $x) (local.get $y)))
        (v128.store offset=16 (local.get $at) (i8x16.shuffle
          8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $x) (local.get $y)))
        (local.set $counter (i32x4.add (local.get $counter) (v128.const i32x4 4 4 4 4)))
        (local.set $at (i32.add (local.get $at) (i32.const 32)))
        (local.set $groups (i32.sub (local.get $groups) (i32.const 1)))
        (br $next)))))
