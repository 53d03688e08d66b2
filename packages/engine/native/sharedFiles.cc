// TensorFlow ops that pass tensors through files which several processes have open, and compute
// means of such files. This is how gradients get from one replica to the others
// (packages/parallel). The ops run one by one, not in a graph.
//
// A file holds float32 tensors one after the other, each starting at a multiple of 64 bytes:
// TensorFlow uses memory that starts there as a tensor without copying it. The file has space for
// all of them before any op runs on it.
#include <algorithm>
#include <cfenv>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "parallelFor.h"
#include "sharedFile.h"
#include "tensor.h"
#include "tensorflow/c/ops.h"

namespace {
using rife::fail;
using rife::File;
using rife::fileOf;
using rife::Mapping;
using rife::Pool;
using rife::Status;
using rife::Tensor;

// Floats of a chunk (FILE_PIECE of the contract). Sums of squares are computed by chunks, so their
// last bits depend on it.
constexpr int64_t kPiece = 1 << 15;
// Floats in 64 bytes (FILE_LINE).
constexpr int64_t kLine = 16;

int64_t onLine(int64_t floats) { return (floats + kLine - 1) / kLine * kLine; }

// ---------------------------------------------------------------- attributes

// Attributes of the op that is being created; a kernel stores those that it needs.
class Attributes {
 public:
  explicit Attributes(TF_OpKernelConstruction* construction) : construction_(construction) {}
  ~Attributes() {
    if (!status_.ok()) TF_OpKernelConstruction_Failure(construction_, status_.status);
  }
  int64_t number(const char* name) {
    int64_t value = 0;
    if (status_.ok()) TF_OpKernelConstruction_GetAttrInt64(construction_, name, &value, status_.status);
    return value;
  }
  std::vector<int64_t> numbers(const char* name) {
    int32_t length = 0, bytes = 0;
    if (status_.ok()) TF_OpKernelConstruction_GetAttrSize(construction_, name, &length, &bytes, status_.status);
    std::vector<int64_t> values(status_.ok() ? std::max(0, length) : 0);
    if (!values.empty())
      TF_OpKernelConstruction_GetAttrInt64List(construction_, name, values.data(), length, status_.status);
    return values;
  }

 private:
  TF_OpKernelConstruction* const construction_;
  Status status_;
};

// ---------------------------------------------------------------- tensors to a file

struct ToFile {
  int64_t file;
  explicit ToFile(Attributes& attributes) : file(attributes.number("file")) {}

  // (values: N tensors) -> nothing
  void compute(TF_OpKernelContext* context) const {
    const File target = fileOf(context, file);
    if (!target) return;
    std::vector<Tensor> values;
    std::vector<int64_t> starts{0};
    for (int i = 0; i < TF_NumInputs(context); i++) {
      values.push_back(Tensor::input(context, i));
      if (!values.back()) return;
      starts.push_back(starts.back() + onLine(values.back().size()));
    }
    if (starts.back() > target->size())
      return fail(context, TF_OUT_OF_RANGE,
                  std::to_string(starts.back()) + " floats do not fit in " + std::to_string(target->size()));
    Pool::get().parallelFor(static_cast<int64_t>(values.size()), [&](int64_t i) {
      std::memcpy(target->data() + starts[i], values[i].data(), values[i].size() * sizeof(float));
    });
  }
};

// ---------------------------------------------------------------- tensors of a file

struct FromFile {
  int64_t file;
  std::vector<std::vector<int64_t>> shapes;
  // Sides of all shapes, -1 after each.
  explicit FromFile(Attributes& attributes) : file(attributes.number("file")) {
    std::vector<int64_t> shape;
    for (int64_t side : attributes.numbers("shapes"))
      if (side >= 0) {
        shape.push_back(side);
      } else {
        shapes.push_back(std::move(shape));
        shape.clear();
      }
  }

  // () -> N tensors in the file's own memory: read-only, and valid until it is written again
  void compute(TF_OpKernelContext* context) const {
    const File source = fileOf(context, file);
    if (!source) return;
    int64_t at = 0;
    for (size_t i = 0; i < shapes.size(); i++) {
      int64_t size = 1;
      for (int64_t side : shapes[i]) size *= side;
      if (at + size > source->size()) return fail(context, TF_OUT_OF_RANGE, "the file is shorter than the tensors");
      if (!give(context, static_cast<int>(i), source, at, size)) return;
      at += onLine(size);
    }
  }

 private:
  bool give(TF_OpKernelContext* context, int index, const File& source, int64_t at, int64_t size) const {
    const std::vector<int64_t>& shape = shapes[index];
    // The tensor keeps the file in memory.
    auto* keep = new File(source);
    TF_Tensor* tensor = TF_NewTensor(
        TF_FLOAT, shape.data(), static_cast<int>(shape.size()), source->data() + at, size * sizeof(float),
        [](void*, size_t, void* kept) { delete static_cast<File*>(kept); }, keep);
    Status status;
    TF_SetOutput(context, index, tensor, status.status);
    TF_DeleteTensor(tensor);
    if (!status.ok()) TF_OpKernelContext_Failure(context, status.status);
    return status.ok();
  }
};

// ---------------------------------------------------------------- mean of files

RIFE_CLONES void addTo(double* sums, const float* values, int64_t count) {
  for (int64_t i = 0; i < count; i++) sums[i] += static_cast<double>(values[i]);
}

RIFE_CLONES void divide(const double* sums, double by, float* means, int64_t count) {
  for (int64_t i = 0; i < count; i++) means[i] = static_cast<float>(sums[i] / by);
}

// TensorFlow flushes very small numbers to zero where an op runs; JavaScript does not.
class AllNumbers {
 public:
  AllNumbers() {
    std::fegetenv(&before_);
    std::fesetenv(FE_DFL_ENV);
  }
  ~AllNumbers() { std::fesetenv(&before_); }

 private:
  std::fenv_t before_;
};

struct MeanOfFiles {
  std::vector<int64_t> files;
  int64_t into, from, to;
  explicit MeanOfFiles(Attributes& attributes)
      : files(attributes.numbers("files")),
        into(attributes.number("into")),
        from(attributes.number("from")),
        to(attributes.number("to")) {}

  // () -> the sum of the squares of the means, a float64 as two int32: tfjs-node does not read
  // float64
  void compute(TF_OpKernelContext* context) const {
    const File target = fileOf(context, into);
    if (!target) return;
    std::vector<File> sources;
    for (int64_t file : files) {
      sources.push_back(fileOf(context, file));
      if (!sources.back()) return;
    }
    int64_t shortest = target->size();
    for (const File& source : sources) shortest = std::min(shortest, source->size());
    if (from < 0 || to > shortest) return fail(context, TF_OUT_OF_RANGE, "the files are shorter than the range");
    const AllNumbers all;
    const int64_t pieces = std::max<int64_t>(0, (to - from + kPiece - 1) / kPiece);
    std::vector<double> squares(pieces, 0);
    Pool::get().parallelFor(pieces, [&](int64_t piece) {
      const int64_t at = from + piece * kPiece;
      squares[piece] = meanOf(sources, *target, at, std::min(kPiece, to - at));
    });
    double sum = 0;
    for (double square : squares) sum += square;
    int64_t shape[] = {2};
    Status status;
    TF_Tensor* result = TF_AllocateOutput(context, 0, TF_INT32, shape, 1, sizeof(sum), status.status);
    if (!status.ok()) return TF_OpKernelContext_Failure(context, status.status);
    std::memcpy(TF_TensorData(result), &sum, sizeof(sum));
    TF_DeleteTensor(result);
  }

 private:
  // In the order of the files, in float64: gives the same bits as JavaScript's (packages/parallel,
  // ways.ts).
  static double meanOf(const std::vector<File>& sources, const Mapping& target, int64_t at, int64_t count) {
    thread_local std::vector<double> sums(kPiece);
    std::fill(sums.begin(), sums.begin() + count, 0.0);
    for (const File& source : sources) addTo(sums.data(), source->data() + at, count);
    float* means = target.data() + at;
    divide(sums.data(), static_cast<double>(sources.size()), means, count);
    double squares = 0;
    for (int64_t i = 0; i < count; i++) squares += static_cast<double>(means[i]) * means[i];
    return squares;
  }
};

// ---------------------------------------------------------------- end of a file

struct ForgetFile {
  int64_t file;
  explicit ForgetFile(Attributes& attributes) : file(attributes.number("file")) {}

  // () -> nothing
  void compute(TF_OpKernelContext*) const { rife::forgetFile(file); }
};

// ---------------------------------------------------------------- registration

template <typename Kernel>
void add(const char* name, std::vector<const char*> inputs, std::vector<const char*> outputs,
         std::vector<const char*> attributes) {
  Status status;
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder(name);
  for (const char* input : inputs) TF_OpDefinitionBuilderAddInput(op, input);
  for (const char* output : outputs) TF_OpDefinitionBuilderAddOutput(op, output);
  for (const char* attribute : attributes) TF_OpDefinitionBuilderAddAttr(op, attribute);
  TF_OpDefinitionBuilderSetIsStateful(op, true);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(op, TF_ShapeInferenceContextSetUnknownShape);
  TF_RegisterOpDefinition(op, status.status);
  // If registration fails the op does not exist, and variables go through JavaScript instead.
  if (!status.ok()) return;
  auto create = [](TF_OpKernelConstruction* construction) -> void* {
    Attributes attributes(construction);
    return new Kernel(attributes);
  };
  auto compute = [](void* kernel, TF_OpKernelContext* context) { static_cast<Kernel*>(kernel)->compute(context); };
  auto remove = [](void* kernel) { delete static_cast<Kernel*>(kernel); };
  TF_RegisterKernelBuilder(name, TF_NewKernelBuilder(name, "CPU", create, compute, remove), status.status);
}

// Runs when the binding is loaded.
const bool registered = [] {
  add<ToFile>("RifeToFile", {"values: N * float"}, {}, {"N: int >= 1", "file: int"});
  add<FromFile>("RifeFromFile", {}, {"values: N * float"}, {"N: int >= 1", "file: int", "shapes: list(int)"});
  add<MeanOfFiles>("RifeMeanOfFiles", {}, {"squares: int32"},
                   {"files: list(int)", "into: int", "from: int", "to: int"});
  add<ForgetFile>("RifeForgetFile", {}, {}, {"file: int"});
  return true;
}();

}  // namespace
