// Sizes of a convolution by Winograd's F(2x2, 3x3) and of its matrices, for all instruction sets.
#ifndef RIFE_WINOGRAD_SIZES_H_
#define RIFE_WINOGRAD_SIZES_H_

#include <algorithm>
#include <cstdint>
#include <vector>

namespace rife {

constexpr int kPositions = 16;
// Tiles whose gradients to the weight are added at a time. Fixed: sums depend on it.
constexpr int64_t kGradTiles = 256;

struct Conv {
  int64_t batch, height, width, in, out;
};

// Where results go. Without a bias: null. With a slope, PReLU of the image goes to `activated`, and
// the image is written if it is there.
struct Result {
  const float* bias;
  const float* slope;
  float* image;
  float* activated;
};

// Channels, filled up to the widest vector.
inline int64_t padded(int64_t channels) { return (channels + 15) / 16 * 16; }

// Floats from one position's matrix to the next. A multiple of a page would put the 16 of them into
// the same lines of a cache.
inline int64_t apart(int64_t floats) { return floats + 16; }

// Of U, and of its gradient.
inline int64_t weightFloats(int64_t in, int64_t out) {
  return kPositions * std::max(apart(in * padded(out)), apart(out * padded(in)));
}

// Of all that is needed for the gradient to a weight.
inline int64_t gradFloats(int64_t in, int64_t out) {
  return weightFloats(in, out) + kPositions * (apart(kGradTiles * padded(in)) + apart(kGradTiles * padded(out)));
}

// Tiles that are computed at a time, so that their matrices fit into a core's cache.
inline int64_t blockTiles(int64_t in, int64_t out) {
  const int64_t floats = kPositions * (padded(in) + padded(out));
  return std::max<int64_t>(16, std::min<int64_t>(64, (1 << 18) / floats / 8 * 8));
}

// Memory of this thread, overwritten by the next call.
inline float* scratch(int64_t floats) {
  thread_local std::vector<float> memory;
  if (static_cast<int64_t>(memory.size()) < floats) memory.resize(floats);
  return memory.data();
}

// Zeros of this thread, at least as many.
inline const float* zeros(int64_t floats) {
  thread_local std::vector<float> memory;
  if (static_cast<int64_t>(memory.size()) < floats) memory.resize(floats);
  return memory.data();
}

}  // namespace rife

#endif
