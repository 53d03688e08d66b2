// TensorFlow ops for the CPU that look at every parameter once where TensorFlow's own ops make a
// pass for each operation: AdamW, and sums of squares.
//
// Only captured programs use them. The same ops composed of TensorFlow's define the numbers, and a
// test compares both.
#include <cmath>
#include <vector>

#include "parallelFor.h"
#include "registerOp.h"
#include "tensor.h"

namespace {
using rife::addOp;
using rife::forRanges;
using rife::Tensor;

// Floats of a chunk. Fixed, so that sums over chunks do not depend on the number of threads.
constexpr int64_t kChunk = 1 << 14;

// ---------------------------------------------------------------- AdamW

struct Rates {
  float decay, stepSize, epsilon, gain1, gain2, keep2;
};

RIFE_CLONES void adamWChunk(const Rates r, const float* __restrict p, const float* __restrict g,
                            const float* __restrict m, const float* __restrict v, float* __restrict parameter,
                            float* __restrict first, float* __restrict second, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    const float nextM = m[i] + (g[i] - m[i]) * r.gain1;
    const float nextV = v[i] * r.keep2 + g[i] * g[i] * r.gain2;
    first[i] = nextM;
    second[i] = nextV;
    parameter[i] = p[i] * r.decay - nextM / (std::sqrt(nextV) + r.epsilon) * r.stepSize;
  }
}

// (parameter, gradient, first moment, second moment, six rates) -> the first, third and fourth moved
void adamW(void*, TF_OpKernelContext* context) {
  Tensor p = Tensor::input(context, 0), g = Tensor::input(context, 1);
  Tensor m = Tensor::input(context, 2), v = Tensor::input(context, 3), rates = Tensor::input(context, 4);
  if (!p || !g || !m || !v || !rates) return;
  if (g.size() != p.size() || m.size() != p.size() || v.size() != p.size() || rates.size() != 6)
    return rife::fail(context, TF_INVALID_ARGUMENT, "RifeAdamW: sizes differ");
  Tensor nextP = Tensor::output(context, 0, p.shape());
  Tensor nextM = Tensor::output(context, 1, p.shape());
  Tensor nextV = Tensor::output(context, 2, p.shape());
  if (!nextP || !nextM || !nextV) return;
  const float* r = rates.data();
  const Rates at{r[0], r[1], r[2], r[3], r[4], r[5]};
  forRanges(p.size(), kChunk, [&](int64_t i, int64_t end) {
    adamWChunk(at, p.data() + i, g.data() + i, m.data() + i, v.data() + i, nextP.data() + i, nextM.data() + i,
               nextV.data() + i, end - i);
  });
}

// ---------------------------------------------------------------- sum of squares

// In sixteen sums, as the widest vector has them, so that every instruction set adds alike.
RIFE_CLONES float squaresOf(const float* x, int64_t count) {
  float sums[16] = {};
  int64_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (int k = 0; k < 16; k++) sums[k] += x[i + k] * x[i + k];
  for (int k = 0; i < count; i++, k++) sums[k] += x[i] * x[i];
  for (int half = 8; half > 0; half /= 2)
    for (int k = 0; k < half; k++) sums[k] += sums[k + half];
  return sums[0];
}

// (x) -> sum of x * x, a scalar
void sumOfSquares(void*, TF_OpKernelContext* context) {
  Tensor x = Tensor::input(context, 0);
  if (!x) return;
  Tensor sum = Tensor::output(context, 0, {});
  if (!sum) return;
  std::vector<float> partial((x.size() + kChunk - 1) / kChunk);
  forRanges(x.size(), kChunk,
            [&](int64_t i, int64_t end) { partial[i / kChunk] = squaresOf(x.data() + i, end - i); });
  double total = 0;
  for (float part : partial) total += part;
  *sum.data() = static_cast<float>(total);
}

// Runs when the binding is loaded.
const bool registered = [] {
  const auto unknown = TF_ShapeInferenceContextSetUnknownShape;
  addOp("RifeAdamW", {"p: float", "g: float", "m: float", "v: float", "rates: float"},
        {"next_p: float", "next_m: float", "next_v: float"}, unknown, adamW);
  addOp("RifeSumOfSquares", {"x: float"}, {"sum: float"}, unknown, sumOfSquares);
  return true;
}();

}  // namespace
