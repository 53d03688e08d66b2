// Convolutions of 3x3, stride 1, padded by zeros, by Winograd's F(2x2, 3x3): 16 multiplications for
// a tile of 2x2 outputs where the definition needs 36. Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks", 2015; their matrices:
//
//   input   V = Bt d B,  rows of Bt: (1 0 -1 0) (0 1 1 0) (0 -1 1 0) (0 1 0 -1)
//   weight  U = G g Gt,  rows of G:  (1 0 0) (1/2 1/2 1/2) (1/2 -1/2 1/2) (0 0 1)
//   output  Y = At M A,  rows of At: (1 1 1 0) (0 1 -1 -1)
//
// M is the product of V and U over the channels, for each of the 16 positions. The gradient to the
// image is such a convolution with the weight turned around. That to the weight is the adjoint:
// Gt (sum over tiles of V times A dy At) G.
//
// Included once for each instruction set, after winogradSizes.h and simd.h; no include guard.

namespace rife {
namespace RIFE_SIMD {

// ---------------------------------------------------------------- product of matrices

struct Product {
  const float* a;  // [rows, depth] at any strides
  int64_t aRow, aDepth;
  const float* b;  // [depth, columns], depth `bDepth` apart
  int64_t bDepth;
  float* c;  // [rows, columns], rows `cRow` apart
  int64_t cRow;
  int64_t depth;
  bool add;  // to what is in c
};

// kRows x (kVectors * Vec::kWidth) of c, in registers.
template <int kRows, int kVectors>
inline __attribute__((always_inline)) void productBlock(const Product& p, const float* a, const float* b, float* c) {
  Vec sums[kRows][kVectors];
  for (int r = 0; r < kRows; r++)
    for (int v = 0; v < kVectors; v++)
      sums[r][v] = Vec::zero();
  for (int64_t k = 0; k < p.depth; k++, a += p.aDepth, b += p.bDepth) {
    Vec right[kVectors];
    for (int v = 0; v < kVectors; v++) right[v] = Vec::load(b + v * Vec::kWidth);
    for (int r = 0; r < kRows; r++) {
      const Vec left = Vec::of(a[r * p.aRow]);
      for (int v = 0; v < kVectors; v++) sums[r][v] = fma(left, right[v], sums[r][v]);
    }
  }
  for (int r = 0; r < kRows; r++)
    for (int v = 0; v < kVectors; v++) {
      float* const at = c + r * p.cRow + v * Vec::kWidth;
      (p.add ? Vec::load(at) + sums[r][v] : sums[r][v]).store(at);
    }
}

template <int kVectors>
void productRows(const Product& p, int64_t rows) {
  const float* a = p.a;
  float* c = p.c;
  int64_t left = rows;
  for (; left >= Vec::kRows; left -= Vec::kRows, a += Vec::kRows * p.aRow, c += Vec::kRows * p.cRow)
    productBlock<Vec::kRows, kVectors>(p, a, p.b, c);
  for (; left >= 2; left -= 2, a += 2 * p.aRow, c += 2 * p.cRow) productBlock<2, kVectors>(p, a, p.b, c);
  if (left) productBlock<1, kVectors>(p, a, p.b, c);
}

// Vectors of a panel of columns: those that fit into registers, as evenly as possible.
inline int panelVectors(int left) {
  constexpr int kMost = 3;
  const int panels = (left + kMost - 1) / kMost;
  return (left + panels - 1) / panels;
}

// Panel by panel; `panel` gives the part of b for columns from `at`, and how far its rows are apart.
template <typename Panel>
void productPanels(Product p, int64_t rows, int64_t columns, Panel panel) {
  float* const c = p.c;
  for (int64_t at = 0; at < columns;) {
    const int vectors = panelVectors(static_cast<int>((columns - at) / Vec::kWidth));
    panel(p, at, vectors * Vec::kWidth);
    p.c = c + at;
    if (vectors == 3) productRows<3>(p, rows);
    else if (vectors == 2) productRows<2>(p, rows);
    else productRows<1>(p, rows);
    at += vectors * Vec::kWidth;
  }
}

// ---------------------------------------------------------------- transforms

// A vector's worth of channels at a time, or what is left of them.
template <typename Step>
inline void forChannels(int64_t channels, Step step) {
  for (int64_t c = 0; c < channels; c += Vec::kWidth)
    step(c, static_cast<int>(std::min<int64_t>(Vec::kWidth, channels - c)));
}
inline Vec loadSome(const float* p, int count) { return count == Vec::kWidth ? Vec::load(p) : Vec::loadPart(p, count); }
inline void storeSome(float* p, Vec v, int count) {
  if (count == Vec::kWidth) v.store(p);
  else v.storePart(p, count);
}

// Bt times four values.
inline void inputLine(const Vec (&d)[4], Vec (&v)[4]) {
  v[0] = d[0] - d[2];
  v[1] = d[1] + d[2];
  v[2] = d[2] - d[1];
  v[3] = d[1] - d[3];
}

// The tiles of 2x2 pixels of an image [batch, height, width, channels], row by row.
struct Tiles {
  int64_t batch, height, width, channels;
  int64_t rows() const { return (height + 1) / 2; }
  int64_t columns() const { return (width + 1) / 2; }
  int64_t count() const { return batch * rows() * columns(); }
};

// One of them.
struct Tile {
  const Tiles& tiles;
  int64_t sample, row, column;  // row and column of its first pixel
  Tile(const Tiles& of, int64_t t) : tiles(of) {
    const int64_t line = t / of.columns();
    column = (t - line * of.columns()) * 2;
    sample = line / of.rows();
    row = (line - sample * of.rows()) * 2;
  }
  // Where pixel (y, x) is in the image, counted from the tile's first one; -1 outside the image.
  int64_t offset(int64_t y, int64_t x) const {
    const int64_t r = row + y, c = column + x;
    if (r < 0 || r >= tiles.height || c < 0 || c >= tiles.width) return -1;
    return ((sample * tiles.height + r) * tiles.width + c) * tiles.channels;
  }
  const float* pixel(const float* image, int64_t y, int64_t x, const float* outside) const {
    const int64_t at = offset(y, x);
    return at < 0 ? outside : image + at;
  }
};

// V of tile `t`, 16 rows `stride` apart; channels are filled up with zeros. Pixels outside the image
// are `zeros`.
inline void transformInput(const Tiles& tiles, const float* image, const float* zeros, int64_t t, float* out,
                           int64_t stride) {
  const Tile tile(tiles, t);
  const float* pixels[4][4];
  for (int y = 0; y < 4; y++)
    for (int x = 0; x < 4; x++) pixels[y][x] = tile.pixel(image, y - 1, x - 1, zeros);
  forChannels(tiles.channels, [&](int64_t c, int count) {
    Vec half[4][4];
    for (int x = 0; x < 4; x++) {
      Vec d[4], v[4];
      for (int y = 0; y < 4; y++) d[y] = loadSome(pixels[y][x] + c, count);
      inputLine(d, v);
      for (int y = 0; y < 4; y++) half[y][x] = v[y];
    }
    for (int y = 0; y < 4; y++) {
      Vec v[4];
      inputLine(half[y], v);
      for (int x = 0; x < 4; x++) v[x].store(out + (y * 4 + x) * stride + c);
    }
  });
}

// A times two values: the adjoint of the output's transform.
inline void adjointLine(Vec d0, Vec d1, Vec (&v)[4]) {
  v[0] = d0;
  v[1] = d0 + d1;
  v[2] = d0 - d1;
  v[3] = Vec::zero() - d1;
}

// A dy At of tile `t`, as transformInput.
inline void transformOutputGrad(const Tiles& tiles, const float* dy, const float* zeros, int64_t t, float* out,
                                int64_t stride) {
  const Tile tile(tiles, t);
  const float* pixels[2][2];
  for (int y = 0; y < 2; y++)
    for (int x = 0; x < 2; x++) pixels[y][x] = tile.pixel(dy, y, x, zeros);
  forChannels(tiles.channels, [&](int64_t c, int count) {
    Vec half[2][4];
    for (int x = 0; x < 2; x++) {
      Vec v[4];
      adjointLine(loadSome(pixels[0][x] + c, count), loadSome(pixels[1][x] + c, count), v);
      for (int y = 0; y < 4; y++) half[x][y] = v[y];
    }
    for (int y = 0; y < 4; y++) {
      Vec v[4];
      adjointLine(half[0][y], half[1][y], v);
      for (int x = 0; x < 4; x++) v[x].store(out + (y * 4 + x) * stride + c);
    }
  });
}

// At M A of tile `t`, plus bias, into the image.
inline void transformOutput(const Tiles& tiles, const float* m, int64_t stride, int64_t t, const Result& to) {
  const Tile tile(tiles, t);
  int64_t offsets[2][2];
  for (int y = 0; y < 2; y++)
    for (int x = 0; x < 2; x++) offsets[y][x] = tile.offset(y, x);
  forChannels(tiles.channels, [&](int64_t c, int count) {
    Vec half[2][4];
    for (int x = 0; x < 4; x++) {
      Vec d[4];
      for (int y = 0; y < 4; y++) d[y] = Vec::load(m + (y * 4 + x) * stride + c);
      half[0][x] = d[0] + d[1] + d[2];
      half[1][x] = d[1] - d[2] - d[3];
    }
    const Vec bias = to.bias ? loadSome(to.bias + c, count) : Vec::zero();
    const Vec slope = to.slope ? loadSome(to.slope + c, count) : Vec::zero();
    for (int y = 0; y < 2; y++) {
      const Vec(&h)[4] = half[y];
      const Vec values[2] = {h[0] + h[1] + h[2] + bias, h[1] - h[2] - h[3] + bias};
      for (int x = 0; x < 2; x++) {
        if (offsets[y][x] < 0) continue;
        if (to.image) storeSome(to.image + offsets[y][x] + c, values[x], count);
        if (to.slope) storeSome(to.activated + offsets[y][x] + c, prelu(values[x], slope), count);
      }
    }
  });
}

}  // namespace RIFE_SIMD
}  // namespace rife
