// A vector of floats of one instruction set, as Vec in the namespace RIFE_SIMD. Included once for
// each instruction set, between RIFE_SIMD_BEGIN and RIFE_SIMD_END; no include guard.
//
// `fma` multiplies and adds with one rounding where the instruction set has it; `prelu` is x where
// x > 0, else x * slope.

namespace rife {
namespace RIFE_SIMD {

#if RIFE_SIMD_LEVEL == 512

struct Vec {
  static constexpr int kWidth = 16;
  static constexpr int kRows = 8;
  __m512 v;
  static Vec zero() { return {_mm512_setzero_ps()}; }
  static Vec of(float x) { return {_mm512_set1_ps(x)}; }
  static Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
  void store(float* p) const { _mm512_storeu_ps(p, v); }
  static Vec loadPart(const float* p, int count) { return {_mm512_maskz_loadu_ps(mask(count), p)}; }
  void storePart(float* p, int count) const { _mm512_mask_storeu_ps(p, mask(count), v); }
  static __mmask16 mask(int count) { return static_cast<__mmask16>((1u << count) - 1); }
};
inline Vec operator+(Vec a, Vec b) { return {_mm512_add_ps(a.v, b.v)}; }
inline Vec operator-(Vec a, Vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline Vec operator*(Vec a, Vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline Vec fma(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
inline Vec prelu(Vec x, Vec slope) {
  const __mmask16 positive = _mm512_cmp_ps_mask(x.v, _mm512_setzero_ps(), _CMP_GT_OQ);
  return {_mm512_mask_blend_ps(positive, _mm512_mul_ps(x.v, slope.v), x.v)};
}

#elif RIFE_SIMD_LEVEL == 256

struct Vec {
  static constexpr int kWidth = 8;
  static constexpr int kRows = 4;
  __m256 v;
  static Vec zero() { return {_mm256_setzero_ps()}; }
  static Vec of(float x) { return {_mm256_set1_ps(x)}; }
  static Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
  void store(float* p) const { _mm256_storeu_ps(p, v); }
  static Vec loadPart(const float* p, int count) { return {_mm256_maskload_ps(p, mask(count))}; }
  void storePart(float* p, int count) const { _mm256_maskstore_ps(p, mask(count), v); }
  static __m256i mask(int count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
};
inline Vec operator+(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
inline Vec operator-(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
inline Vec operator*(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
inline Vec fma(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
inline Vec prelu(Vec x, Vec slope) {
  const __m256 positive = _mm256_cmp_ps(x.v, _mm256_setzero_ps(), _CMP_GT_OQ);
  return {_mm256_blendv_ps(_mm256_mul_ps(x.v, slope.v), x.v, positive)};
}

#else  // Any processor: the compiler's own vectors.

struct Vec {
  static constexpr int kWidth = 4;
  static constexpr int kRows = 4;
  typedef float Floats __attribute__((vector_size(16), aligned(4)));
  Floats v;
  static Vec zero() { return {Floats{}}; }
  static Vec of(float x) { return {Floats{x, x, x, x}}; }
  static Vec load(const float* p) { return {*reinterpret_cast<const Floats*>(p)}; }
  void store(float* p) const { *reinterpret_cast<Floats*>(p) = v; }
  static Vec loadPart(const float* p, int count) {
    Vec part = zero();
    for (int i = 0; i < count; i++) part.v[i] = p[i];
    return part;
  }
  void storePart(float* p, int count) const {
    for (int i = 0; i < count; i++) p[i] = v[i];
  }
};
inline Vec operator+(Vec a, Vec b) { return {a.v + b.v}; }
inline Vec operator-(Vec a, Vec b) { return {a.v - b.v}; }
inline Vec operator*(Vec a, Vec b) { return {a.v * b.v}; }
inline Vec fma(Vec a, Vec b, Vec c) { return {a.v * b.v + c.v}; }
inline Vec prelu(Vec x, Vec slope) { return {x.v > 0 ? x.v : x.v * slope.v}; }

#endif

}  // namespace RIFE_SIMD
}  // namespace rife
