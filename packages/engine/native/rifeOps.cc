// TensorFlow ops for the CPU that need one pass over memory where TensorFlow's own ops need
// several: PReLU and backward warping, with gradients. Written against TensorFlow's C API, so that
// one source works with every version.
//
// Only captured programs use them. The same ops composed of TensorFlow's ops (src/ops) define the
// numbers, and a test compares both. Loops are plain: the compiler emits a version per instruction
// set (RIFE_CLONES).
#include <cmath>
#include <cstring>
#include <vector>

#include "parallelFor.h"
#include "registerOp.h"
#include "tensor.h"

namespace {
using rife::addOp;
using rife::forRanges;
using rife::Pool;
using rife::Status;
using rife::Tensor;

// Rows of a chunk. Fixed, so that sums over chunks do not depend on the number of threads.
constexpr int64_t kRows = 512;

// [rows, channels] of a tensor whose last axis is the channels.
struct Rows {
  int64_t rows = 1;
  int64_t channels = 1;
  explicit Rows(const std::vector<int64_t>& shape) : channels(shape.back()) {
    for (size_t i = 0; i + 1 < shape.size(); i++) rows *= shape[i];
  }
  int64_t chunks() const { return (rows + kRows - 1) / kRows; }
  int64_t end(int64_t chunk) const { return std::min(rows, (chunk + 1) * kRows); }
};

// ---------------------------------------------------------------- PReLU

RIFE_CLONES void preluRows(const float* x, const float* slope, float* y, int64_t rows, int64_t channels) {
  for (int64_t r = 0; r < rows; r++, x += channels, y += channels)
    for (int64_t c = 0; c < channels; c++) y[c] = x[c] > 0 ? x[c] : x[c] * slope[c];
}

RIFE_CLONES void preluGradRows(const float* __restrict dy, const float* __restrict x, const float* __restrict slope,
                               float* __restrict dx, float* __restrict dSlope, float* __restrict dBias, int64_t rows,
                               int64_t channels) {
  for (int64_t r = 0; r < rows; r++, dy += channels, x += channels, dx += channels)
    for (int64_t c = 0; c < channels; c++) {
      const bool positive = x[c] > 0;
      const float d = positive ? dy[c] : dy[c] * slope[c];
      dx[c] = d;
      dSlope[c] += positive ? 0.f : dy[c] * x[c];
      dBias[c] += d;
    }
}

// (x [..,C], slope [C]) -> y [..,C]
void prelu(void*, TF_OpKernelContext* context) {
  Tensor x = Tensor::input(context, 0), slope = Tensor::input(context, 1);
  if (!x || !slope) return;
  Tensor y = Tensor::output(context, 0, x.shape());
  if (!y) return;
  const Rows size(x.shape());
  Pool::get().parallelFor(size.chunks(), [&](int64_t chunk) {
    const int64_t begin = chunk * kRows, at = begin * size.channels;
    preluRows(x.data() + at, slope.data(), y.data() + at, size.end(chunk) - begin, size.channels);
  });
}

// (dy [..,C], x [..,C], slope [C]) -> dx [..,C], dSlope [C], and dx summed by channel [C]: the
// gradient to a bias that was added before
void preluGrad(void*, TF_OpKernelContext* context) {
  Tensor dy = Tensor::input(context, 0), x = Tensor::input(context, 1), slope = Tensor::input(context, 2);
  if (!dy || !x || !slope) return;
  Tensor dx = Tensor::output(context, 0, x.shape()), dSlope = Tensor::output(context, 1, slope.shape());
  Tensor dBias = Tensor::output(context, 2, slope.shape());
  if (!dx || !dSlope || !dBias) return;
  const Rows size(x.shape());
  std::vector<float> partial(size.chunks() * size.channels * 2, 0.f);
  Pool::get().parallelFor(size.chunks(), [&](int64_t chunk) {
    const int64_t begin = chunk * kRows, at = begin * size.channels;
    float* const sums = &partial[chunk * size.channels * 2];
    preluGradRows(dy.data() + at, x.data() + at, slope.data(), dx.data() + at, sums, sums + size.channels,
                  size.end(chunk) - begin, size.channels);
  });
  for (int64_t c = 0; c < size.channels * 2; c++) {
    double sum = 0;
    for (int64_t chunk = 0; chunk < size.chunks(); chunk++) sum += partial[chunk * size.channels * 2 + c];
    (c < size.channels ? dSlope.data()[c] : dBias.data()[c - size.channels]) = static_cast<float>(sum);
  }
}

// ---------------------------------------------------------------- warp

struct Image {
  int64_t batch, height, width, channels;
  explicit Image(const std::vector<int64_t>& s) : batch(s[0]), height(s[1]), width(s[2]), channels(s[3]) {}
  int64_t lines() const { return batch * height; }
};

// Where one axis is sampled. The last pixel belongs to the cell before it, with weight 1.
struct Place {
  int64_t first;
  float weight;
  bool inside;  // strictly between the borders: else the flow gets no gradient
};

inline Place placeOf(float position, int64_t size) {
  const float last = static_cast<float>(size - 1);
  // Comparisons with NaN are false: it stays in `clipped`, and propagates through the weight.
  const float clipped = position < 0 ? 0 : (position > last ? last : position);
  const int64_t first = clipped == clipped ? std::min<int64_t>(static_cast<int64_t>(clipped), size - 2) : 0;
  return {first, clipped - static_cast<float>(first), position > 0 && last - position > 0};
}

// The cell of a target pixel: its corner in the source, and the weights.
struct Cell {
  Place x, y;
  int64_t corner;  // offset of the pixel above left, in floats
};

inline Cell cellOf(const Image& size, const float* flow, int64_t b, int64_t row, int64_t column) {
  Cell cell;
  cell.x = placeOf(static_cast<float>(column) + flow[0], size.width);
  cell.y = placeOf(static_cast<float>(row) + flow[1], size.height);
  cell.corner = ((b * size.height + cell.y.first) * size.width + cell.x.first) * size.channels;
  return cell;
}

// kChannels: known where it is not 0. Pictures have 3, and loops of 3 that the compiler knows take
// half the time.
template <int kChannels>
void warpLine(const Image& size, int64_t line, const float* image, const float* flow, float* out) {
  const int64_t b = line / size.height, row = line % size.height;
  const int64_t channels = kChannels ? kChannels : size.channels;
  const int64_t below = size.width * channels;
  flow += line * size.width * 2;
  out += line * size.width * channels;
  for (int64_t column = 0; column < size.width; column++, flow += 2, out += channels) {
    const Cell cell = cellOf(size, flow, b, row, column);
    const float* p = image + cell.corner;
    for (int64_t c = 0; c < channels; c++) {
      const float left = p[c] + (p[c + below] - p[c]) * cell.y.weight;
      const float right = p[c + channels] + (p[c + channels + below] - p[c + channels]) * cell.y.weight;
      out[c] = left + (right - left) * cell.x.weight;
    }
  }
}

template <int kChannels>
void warpFlowGradLine(const Image& size, int64_t line, const float* dy, const float* image, const float* flow,
                      float* dFlow) {
  const int64_t b = line / size.height, row = line % size.height;
  const int64_t channels = kChannels ? kChannels : size.channels;
  const int64_t below = size.width * channels;
  flow += line * size.width * 2;
  dFlow += line * size.width * 2;
  dy += line * size.width * channels;
  for (int64_t column = 0; column < size.width; column++, flow += 2, dFlow += 2, dy += channels) {
    const Cell cell = cellOf(size, flow, b, row, column);
    const float* p = image + cell.corner;
    float dx = 0, dyFlow = 0;
    for (int64_t c = 0; c < channels; c++) {
      const float downLeft = p[c + below] - p[c];
      const float downRight = p[c + channels + below] - p[c + channels];
      const float left = p[c] + downLeft * cell.y.weight;
      const float right = p[c + channels] + downRight * cell.y.weight;
      dx += dy[c] * (right - left);
      dyFlow += dy[c] * (downLeft + (downRight - downLeft) * cell.x.weight);
    }
    // A product, as TensorFlow's ReluGrad has it: NaN must not be hidden by the border.
    dFlow[0] = dx * (cell.x.inside ? 1.f : 0.f);
    dFlow[1] = dyFlow * (cell.y.inside ? 1.f : 0.f);
  }
}

// A whole sample: its target pixels add to shared source pixels.
void warpImageGradSample(const Image& size, int64_t b, const float* dy, const float* flow, float* dImage) {
  const int64_t channels = size.channels, below = size.width * channels;
  for (int64_t row = 0; row < size.height; row++) {
    const int64_t line = b * size.height + row;
    const float* f = flow + line * size.width * 2;
    const float* d = dy + line * size.width * channels;
    for (int64_t column = 0; column < size.width; column++, f += 2, d += channels) {
      const Cell cell = cellOf(size, f, b, row, column);
      float* p = dImage + cell.corner;
      for (int64_t c = 0; c < channels; c++) {
        const float right = d[c] * cell.x.weight, left = d[c] - right;
        const float belowLeft = left * cell.y.weight, belowRight = right * cell.y.weight;
        p[c] += left - belowLeft;
        p[c + channels] += right - belowRight;
        p[c + below] += belowLeft;
        p[c + channels + below] += belowRight;
      }
    }
  }
}

// Lines of the target depend on no other line.
template <typename Line>
void forLines(const Image& size, Line line) {
  forRanges(size.lines(), std::max<int64_t>(1, kRows / size.width), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) line(i);
  });
}

// (image [B,H,W,C], flow [B,H,W,2]) -> [B,H,W,C]
void warp(void*, TF_OpKernelContext* context) {
  Tensor image = Tensor::input(context, 0), flow = Tensor::input(context, 1);
  if (!image || !flow) return;
  Tensor out = Tensor::output(context, 0, image.shape());
  if (!out) return;
  const Image size(image.shape());
  const auto ofLine = size.channels == 3 ? warpLine<3> : warpLine<0>;
  forLines(size, [&](int64_t line) { ofLine(size, line, image.data(), flow.data(), out.data()); });
}

// (dy [B,H,W,C], image [B,H,W,C], flow [B,H,W,2]) -> dFlow [B,H,W,2]
void warpFlowGrad(void*, TF_OpKernelContext* context) {
  Tensor dy = Tensor::input(context, 0), image = Tensor::input(context, 1), flow = Tensor::input(context, 2);
  if (!dy || !image || !flow) return;
  Tensor dFlow = Tensor::output(context, 0, flow.shape());
  if (!dFlow) return;
  const Image size(image.shape());
  const auto ofLine = size.channels == 3 ? warpFlowGradLine<3> : warpFlowGradLine<0>;
  forLines(size, [&](int64_t line) {
    ofLine(size, line, dy.data(), image.data(), flow.data(), dFlow.data());
  });
}

// (dy [B,H,W,C], flow [B,H,W,2]) -> dImage [B,H,W,C]
void warpImageGrad(void*, TF_OpKernelContext* context) {
  Tensor dy = Tensor::input(context, 0), flow = Tensor::input(context, 1);
  if (!dy || !flow) return;
  Tensor dImage = Tensor::output(context, 0, dy.shape());
  if (!dImage) return;
  const Image size(dy.shape());
  std::memset(dImage.data(), 0, size.lines() * size.width * size.channels * sizeof(float));
  Pool::get().parallelFor(size.batch, [&](int64_t b) {
    warpImageGradSample(size, b, dy.data(), flow.data(), dImage.data());
  });
}

// ---------------------------------------------------------------- registration

// Every output has the shape of one input.
template <int... kInputOfOutput>
void sameShapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  int output = 0;
  for (int input : {kInputOfOutput...}) {
    TF_ShapeHandle* handle = TF_NewShapeHandle();
    TF_ShapeInferenceContextGetInput(context, input, handle, status);
    if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, output++, handle, status);
    TF_DeleteShapeHandle(handle);
  }
}

// Runs when the binding is loaded.
const bool registered = [] {
  addOp("RifePrelu", {"x: float", "slope: float"}, {"y: float"}, sameShapes<0>, prelu);
  addOp("RifePreluGrad", {"dy: float", "x: float", "slope: float"}, {"dx: float", "dslope: float", "dbias: float"}, sameShapes<1, 2, 2>,
      preluGrad);
  addOp("RifeWarp", {"image: float", "flow: float"}, {"out: float"}, sameShapes<0>, warp);
  addOp("RifeWarpFlowGrad", {"dy: float", "image: float", "flow: float"}, {"dflow: float"}, sameShapes<2>,
      warpFlowGrad);
  addOp("RifeWarpImageGrad", {"dy: float", "flow: float"}, {"dimage: float"}, sameShapes<0>, warpImageGrad);
  return true;
}();

}  // namespace
