// TensorFlow op for the CPU that takes channels out of an image. TensorFlow's Slice and SplitV look
// for the place of every few floats; here a row of channels is a copy of known length.
//
// Only captured programs use it. The same op of TensorFlow's defines the numbers.
#include <cstring>
#include <vector>

#include "parallelFor.h"
#include "registerOp.h"
#include "tensor.h"

namespace {
using rife::addOp;
using rife::forRanges;
using rife::Tensor;

constexpr int64_t kRows = 1 << 12;

// kCount: the number of channels where it is not 0.
template <int kCount>
void copyRows(const float* from, float* to, int64_t rows, int64_t channels, int64_t wanted) {
  const int64_t count = kCount ? kCount : wanted;
  for (int64_t r = 0; r < rows; r++, from += channels, to += count) std::memcpy(to, from, count * sizeof(float));
}

using Copy = void (*)(const float*, float*, int64_t, int64_t, int64_t);

Copy copyOf(int64_t count) {
  constexpr Copy kKnown[] = {copyRows<0>, copyRows<1>, copyRows<2>, copyRows<3>, copyRows<4>,
                             copyRows<5>, copyRows<6>, copyRows<7>, copyRows<8>};
  return kKnown[count <= 8 ? count : 0];
}

// (x [..,C], range [2]: the first one and how many, in float) -> [..,count]
void channels(void*, TF_OpKernelContext* context) {
  Tensor x = Tensor::input(context, 0), range = Tensor::input(context, 1);
  if (!x || !range) return;
  const auto begin = static_cast<int64_t>(range.data()[0]), count = static_cast<int64_t>(range.data()[1]);
  std::vector<int64_t> shape = x.shape();
  const int64_t channels = shape.back(), rows = x.size() / channels;
  shape.back() = count;
  Tensor y = Tensor::output(context, 0, shape);
  if (!y) return;
  const Copy copy = copyOf(count);
  forRanges(rows, kRows, [&](int64_t at, int64_t end) {
    copy(x.data() + at * channels + begin, y.data() + at * count, end - at, channels, count);
  });
}

// Runs when the binding is loaded.
const bool registered = [] {
  addOp("RifeChannels", {"x: float", "range: float"}, {"y: float"}, TF_ShapeInferenceContextSetUnknownShape, channels);
  return true;
}();

}  // namespace
