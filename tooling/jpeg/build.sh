#!/bin/sh
# Builds packages/data/src/image/jpeg-wasm.ts from libjpeg-turbo and the C files beside this one.
#   sh build.sh LIBJPEG_TURBO   a checkout of libjpeg-turbo, tag 3.1.90
# Needs clang, wasm-ld, cmake, wasi-libc and the compiler's runtime for wasm32; on Debian:
#   apt-get install clang lld cmake wasi-libc libclang-rt-14-dev-wasm32
set -e
source=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > wasi.cmake <<'END'
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_C_COMPILER clang)
set(CMAKE_C_COMPILER_TARGET wasm32-wasi)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
END
# The configuration alone; WITH_SIMDE makes libjpeg ask for the faster steps of simd.c.
cmake -S "$source" -B config -DCMAKE_TOOLCHAIN_FILE="$work/wasi.cmake" -DENABLE_SHARED=0 \
  -DWITH_TURBOJPEG=0 -DWITH_TOOLS=0 -DWITH_TESTS=0 -DWITH_SIMDE=1 -DWITH_ARITH_ENC=0 \
  -DWITH_ARITH_DEC=0 -DCMAKE_BUILD_TYPE=Release > /dev/null

files="jcomapi jdapimin jdatasrc jdhuff jdicc jdinput jdmarker jdmaster jdphuff jmemmgr jmemnobs jpeg_nbits
  wrapper/jdapistd-8 wrapper/jdcolor-8 wrapper/jdmainct-8 wrapper/jdpostct-8 wrapper/jdsample-8
  wrapper/jutils-8 wrapper/jutils-12 wrapper/jutils-16 wrapper/jdcoefct-8 wrapper/jddctmgr-8
  wrapper/jidctflt-8 wrapper/jidctfst-8 wrapper/jidctint-8 wrapper/jidctred-8"
paths="$here/jpeg.c $here/simd.c $here/unused.c"
for file in $files; do paths="$paths $source/src/$file.c"; done
# jdhuff.h reads codes from 64 bits at once where size_t has 64, and where these two say that numbers have.
wide="-D__x86_64__ -D__ILP32__"
objects=
for path in $paths; do
  object=$(basename "$path" .c).o
  clang --target=wasm32-wasi -O3 -msimd128 -DNDEBUG -DNO_GETENV -ffunction-sections -fdata-sections -w $wide \
    -I"$work/config" -I"$source/src" -I"$source/simd" -c "$path" -o "$object"
  objects="$objects $object"
done
clang --target=wasm32-wasi -nostartfiles -Wl,--no-entry -Wl,--gc-sections -Wl,--strip-all \
  $objects -o jpeg.wasm 2> link.txt || { cat link.txt; exit 1; }
node "$here/embed.mjs" jpeg.wasm "$here/../../packages/data/src/image/jpeg-wasm.ts"
