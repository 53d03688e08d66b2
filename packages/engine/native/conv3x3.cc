// TensorFlow ops for the CPU: convolutions of 3x3 with stride 1, padded by zeros, and their
// gradients, by Winograd's F(2x2, 3x3).
//
// Only captured programs use them. TensorFlow's own convolutions define the numbers, and a test
// compares both. There is a version for each instruction set, and the processor's own one runs; the
// ops are not registered where none is faster than TensorFlow.
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <cstdint>
#include <vector>

#include "parallelFor.h"
#include "registerOp.h"
#include "tensor.h"
#include "winogradSizes.h"

#define RIFE_SIMD simd128
#define RIFE_SIMD_LEVEL 128
#include "simd.h"
#include "winograd.h"
#include "winogradConv.h"
#undef RIFE_SIMD
#undef RIFE_SIMD_LEVEL

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define RIFE_SIMD_VERSIONS

#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define RIFE_SIMD simd256
#define RIFE_SIMD_LEVEL 256
#include "simd.h"
#include "winograd.h"
#include "winogradConv.h"
#undef RIFE_SIMD
#undef RIFE_SIMD_LEVEL
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,fma")
#define RIFE_SIMD simd512
#define RIFE_SIMD_LEVEL 512
#include "simd.h"
#include "winograd.h"
#include "winogradConv.h"
#undef RIFE_SIMD
#undef RIFE_SIMD_LEVEL
#pragma GCC pop_options
#endif

// scripts/isa.mjs tests each version: bits of the widest vectors that are used.
#ifdef RIFE_SIMD_MOST
constexpr int kMost = RIFE_SIMD_MOST;
#else
constexpr int kMost = 512;
#endif

namespace {
using rife::Conv;
using rife::Result;
using rife::Tensor;

// ---------------------------------------------------------------- the processor's version

struct Version {
  void (*convolve)(const Conv&, bool turned, const float* x, const float* w, const Result& y, float* u);
  void (*weightGrad)(const Conv&, const float* x, const float* dy, float* dw, float* scratch);
};
constexpr Version kNone{nullptr, nullptr};

// None where TensorFlow's convolutions are faster: without AVX2.
Version chosen() {
#ifdef RIFE_SIMD_VERSIONS
  if (kMost >= 512 && __builtin_cpu_supports("avx512f")) return {rife::simd512::convolve, rife::simd512::weightGrad};
  if (kMost >= 256 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {rife::simd256::convolve, rife::simd256::weightGrad};
#endif
  return kMost < 256 ? Version{rife::simd128::convolve, rife::simd128::weightGrad} : kNone;
}

const Version& version() {
  static const Version here = chosen();
  return here;
}

// ---------------------------------------------------------------- ops

Conv sizesOf(const Tensor& image, int64_t in, int64_t out) {
  const std::vector<int64_t> s = image.shape();
  return {s[0], s[1], s[2], in, out};
}

// What a convolution is wanted for: its image, PReLU of it, or both.
enum Wanted { kImage, kActivated, kBoth };

// (x [B,H,W,C], w [3,3,C,O], bias [O]; for PReLU also slope [O]) -> one or two of [B,H,W,O]
template <Wanted kWanted>
void conv(void*, TF_OpKernelContext* context) {
  constexpr int kInputs = kWanted == kImage ? 3 : 4;
  std::vector<Tensor> inputs, outputs;
  for (int i = 0; i < kInputs; i++) {
    inputs.push_back(Tensor::input(context, i));
    if (!inputs.back()) return;
  }
  const Conv size = sizesOf(inputs[0], inputs[1].shape()[2], inputs[1].shape()[3]);
  for (int i = 0; i < (kWanted == kBoth ? 2 : 1); i++) {
    outputs.push_back(Tensor::output(context, i, {size.batch, size.height, size.width, size.out}));
    if (!outputs.back()) return;
  }
  Tensor u = Tensor::temporary(context, rife::weightFloats(size.in, size.out));
  if (!u) return;
  Result result{inputs[2].data(), nullptr, nullptr, nullptr};
  if (kWanted != kImage) result.slope = inputs[3].data(), result.activated = outputs.back().data();
  if (kWanted != kActivated) result.image = outputs[0].data();
  version().convolve(size, false, inputs[0].data(), inputs[1].data(), result, u.data());
}

// (dy [B,H,W,O], w [3,3,C,O]) -> dx [B,H,W,C]
void convInputGrad(void*, TF_OpKernelContext* context) {
  Tensor dy = Tensor::input(context, 0), w = Tensor::input(context, 1);
  if (!dy || !w) return;
  const Conv size = sizesOf(dy, w.shape()[3], w.shape()[2]);
  Tensor dx = Tensor::output(context, 0, {size.batch, size.height, size.width, size.out});
  Tensor u = Tensor::temporary(context, rife::weightFloats(size.in, size.out));
  if (!dx || !u) return;
  version().convolve(size, true, dy.data(), w.data(), {nullptr, nullptr, dx.data(), nullptr}, u.data());
}

// (x [B,H,W,C], dy [B,H,W,O]) -> dw [3,3,C,O]
void convWeightGrad(void*, TF_OpKernelContext* context) {
  Tensor x = Tensor::input(context, 0), dy = Tensor::input(context, 1);
  if (!x || !dy) return;
  const Conv size = sizesOf(x, x.shape()[3], dy.shape()[3]);
  Tensor dw = Tensor::output(context, 0, {3, 3, size.in, size.out});
  Tensor scratch = Tensor::temporary(context, rife::gradFloats(size.in, size.out));
  if (!dw || !scratch) return;
  version().weightGrad(size, x.data(), dy.data(), dw.data(), scratch.data());
}

// Runs when the binding is loaded.
const bool registered = [] {
  if (version().convolve == nullptr) return false;
  using rife::addOp;
  const auto unknown = TF_ShapeInferenceContextSetUnknownShape;
  addOp("RifeConv3x3", {"x: float", "w: float", "bias: float"}, {"y: float"}, unknown, conv<kImage>);
  addOp("RifeConv3x3Prelu", {"x: float", "w: float", "bias: float", "slope: float"}, {"y: float", "activated: float"},
        unknown, conv<kBoth>);
  addOp("RifeConv3x3Activated", {"x: float", "w: float", "bias: float", "slope: float"}, {"activated: float"}, unknown,
        conv<kActivated>);
  addOp("RifeConv3x3InputGrad", {"dy: float", "w: float"}, {"dx: float"}, unknown, convInputGrad);
  addOp("RifeConv3x3WeightGrad", {"x: float", "dy: float"}, {"dw: float"}, unknown, convWeightGrad);
  return true;
}();

}  // namespace
