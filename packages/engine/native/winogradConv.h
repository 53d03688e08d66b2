// The convolution and its gradient to the weight, of the pieces in winograd.h. Included once for
// each instruction set; no include guard.

namespace rife {
namespace RIFE_SIMD {

// ---------------------------------------------------------------- weight

// G times three values.
inline void weightLine(Vec g0, Vec g1, Vec g2, Vec (&u)[4]) {
  const Vec half = Vec::of(0.5f), ends = (g0 + g2) * half, middle = g1 * half;
  u[0] = g0;
  u[1] = ends + middle;
  u[2] = ends - middle;
  u[3] = g2;
}

// U of a vector's worth of columns at depth `k`, into the panels of each position.
inline void transformWeight(const Vec (&taps)[9], float* out, int64_t stride) {
  Vec half[3][4];
  for (int x = 0; x < 3; x++) weightLine(taps[x], taps[3 + x], taps[6 + x], half[x]);
  for (int y = 0; y < 4; y++) {
    Vec u[4];
    weightLine(half[0][y], half[1][y], half[2][y], u);
    for (int x = 0; x < 4; x++) u[x].store(out + (y * 4 + x) * stride);
  }
}

// Where a column starts within a position's matrix [depth, columns], stored panel by panel.
struct Panels {
  int64_t depth, columns;
  struct Place {
    int64_t at, width;
  };
  Place of(int64_t column) const {
    int64_t begin = 0;
    for (;;) {
      const int64_t width = panelVectors(static_cast<int>((columns - begin) / Vec::kWidth)) * Vec::kWidth;
      if (column < begin + width) return {begin * depth + column - begin, width};
      begin += width;
    }
  }
};

// U of columns [column, column + Vec::kWidth) of a weight [3,3,in,out], at all depths.
inline void weightColumns(const float* w, int64_t in, int64_t out, int64_t column, float* u) {
  const Panels panels{in, padded(out)};
  const Panels::Place place = panels.of(column);
  const int count = static_cast<int>(std::min<int64_t>(Vec::kWidth, out - column));
  for (int64_t k = 0; k < in; k++) {
    Vec taps[9];
    for (int tap = 0; tap < 9; tap++) taps[tap] = loadSome(w + (tap * in + k) * out + column, count);
    transformWeight(taps, u + place.at + k * place.width, apart(in * padded(out)));
  }
}

// The same for the weight turned around, [3,3,out,in]: the columns are channels of the image.
inline void turnedColumns(const float* w, int64_t in, int64_t out, int64_t column, float* u) {
  const Panels panels{out, padded(in)};
  const Panels::Place place = panels.of(column);
  const int count = static_cast<int>(std::min<int64_t>(Vec::kWidth, in - column));
  constexpr int kBlock = Vec::kWidth;
  float block[9][kBlock][kBlock] = {};
  for (int64_t first = 0; first < out; first += kBlock) {
    const int depths = static_cast<int>(std::min<int64_t>(kBlock, out - first));
    for (int tap = 0; tap < 9; tap++)
      for (int i = 0; i < count; i++) {
        const float* row = w + ((8 - tap) * in + column + i) * out + first;
        for (int k = 0; k < depths; k++) block[tap][k][i] = row[k];
      }
    for (int k = 0; k < depths; k++) {
      Vec taps[9];
      for (int tap = 0; tap < 9; tap++) taps[tap] = Vec::load(block[tap][k]);
      transformWeight(taps, u + place.at + (first + k) * place.width, apart(out * padded(in)));
    }
  }
}

// ---------------------------------------------------------------- convolution

// Tiles [first, last) of image * u.
inline void convolveTiles(const Tiles& from, const Tiles& to, const float* image, const float* u, const Result& result,
                          int64_t first, int64_t last) {
  const int64_t tiles = last - first, in = padded(from.channels), out = padded(to.channels);
  float* const v = scratch(kPositions * (apart(tiles * in) + apart(tiles * out)));
  float* const m = v + kPositions * apart(tiles * in);
  for (int64_t t = first; t < last; t++) transformInput(from, image, zeros(in), t, v + (t - first) * in, apart(tiles * in));
  for (int position = 0; position < kPositions; position++) {
    Product product{v + position * apart(tiles * in), in, 1, nullptr, 0, m + position * apart(tiles * out), out, from.channels, false};
    const float* const columns = u + position * apart(from.channels * out);
    productPanels(product, tiles, out, [&](Product& p, int64_t at, int64_t width) {
      p.b = columns + at * from.channels;
      p.bDepth = width;
    });
  }
  for (int64_t t = first; t < last; t++) transformOutput(to, m + (t - first) * out, apart(tiles * out), t, result);
}

// ---------------------------------------------------------------- gradient to the weight

// V and A dy At of tile `first + i` for i in [begin, end), each [position, tiles, channels].
inline void transformPair(const Tiles& images, const Tiles& grads, const float* image, const float* dy, int64_t first,
                          int64_t begin, int64_t end, int64_t tiles, float* v, float* z) {
  const int64_t in = padded(images.channels), out = padded(grads.channels);
  for (int64_t i = begin; i < end; i++) {
    transformInput(images, image, zeros(in), first + i, v + i * in, apart(tiles * in));
    transformOutputGrad(grads, dy, zeros(out), first + i, z + i * out, apart(tiles * out));
  }
}

// Adds the products of one position over `count` of `tiles` tiles to du [in, padded(out)].
inline void addPosition(const Tiles& images, const Tiles& grads, const float* v, const float* z, int64_t count,
                        bool add, float* du) {
  const int64_t in = padded(images.channels), out = padded(grads.channels);
  constexpr int64_t kDepth = 64;
  for (int64_t begin = 0; begin < count; begin += kDepth, v += kDepth * in, z += kDepth * out) {
    Product product{v, 1, in, nullptr, out, du, out, std::min(kDepth, count - begin), add || begin > 0};
    productPanels(product, images.channels, out, [&](Product& p, int64_t at, int64_t) { p.b = z + at; });
  }
}

// Gt u G of an input channel, from du [position, in, padded(out)] into dw [3,3,in,out].
inline void weightGradRow(const float* du, int64_t in, int64_t out, int64_t k, float* dw) {
  const int64_t stride = apart(in * padded(out));
  const Vec half = Vec::of(0.5f);
  forChannels(out, [&](int64_t c, int count) {
    const float* u = du + k * padded(out) + c;
    Vec lines[3][4];
    const auto adjoint = [&](Vec u0, Vec u1, Vec u2, Vec u3, Vec& g0, Vec& g1, Vec& g2) {
      const Vec sum = (u1 + u2) * half;
      g0 = u0 + sum;
      g1 = (u1 - u2) * half;
      g2 = sum + u3;
    };
    for (int x = 0; x < 4; x++) {
      Vec d[4];
      for (int y = 0; y < 4; y++) d[y] = Vec::load(u + (y * 4 + x) * stride);
      adjoint(d[0], d[1], d[2], d[3], lines[0][x], lines[1][x], lines[2][x]);
    }
    for (int y = 0; y < 3; y++) {
      Vec g[3];
      adjoint(lines[y][0], lines[y][1], lines[y][2], lines[y][3], g[0], g[1], g[2]);
      for (int x = 0; x < 3; x++) storeSome(dw + ((y * 3 + x) * in + k) * out + c, g[x], count);
    }
  });
}

// ---------------------------------------------------------------- whole images

// [batch, height, width, in] * [3,3,in,out]. `u` has weightFloats(in, out) floats. `turned`: the
// weight is [3,3,out,in] and turned around, for the gradient to an image.
void convolve(const Conv& conv, bool turned, const float* x, const float* w, const Result& y, float* u) {
  const auto [batch, height, width, in, out] = conv;
  Pool::get().parallelFor(padded(out) / Vec::kWidth, [&](int64_t i) {
    if (turned) turnedColumns(w, out, in, i * Vec::kWidth, u);
    else weightColumns(w, in, out, i * Vec::kWidth, u);
  });
  const Tiles from{batch, height, width, in}, to{batch, height, width, out};
  forRanges(from.count(), blockTiles(in, out),
            [&](int64_t first, int64_t last) { convolveTiles(from, to, x, u, y, first, last); });
}

// The gradient to the weight [3,3,in,out]. `scratch` has gradFloats(in, out) floats.
void weightGrad(const Conv& conv, const float* x, const float* dy, float* dw, float* scratch) {
  const auto [batch, height, width, in, out] = conv;
  const Tiles images{batch, height, width, in}, grads{batch, height, width, out};
  float* const du = scratch;
  float* const v = du + weightFloats(in, out);
  float* const z = v + kPositions * apart(kGradTiles * padded(in));
  for (int64_t first = 0; first < images.count(); first += kGradTiles) {
    const int64_t tiles = std::min(kGradTiles, images.count() - first);
    forRanges(tiles, 16, [&](int64_t begin, int64_t end) {
      transformPair(images, grads, x, dy, first, begin, end, tiles, v, z);
    });
    Pool::get().parallelFor(kPositions, [&](int64_t i) {
      addPosition(images, grads, v + i * apart(tiles * padded(in)), z + i * apart(tiles * padded(out)), tiles,
                  first > 0, du + i * apart(in * padded(out)));
    });
  }
  Pool::get().parallelFor(in, [&](int64_t k) { weightGradRow(du, in, out, k, dw); });
}

}  // namespace RIFE_SIMD
}  // namespace rife
