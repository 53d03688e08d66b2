// Inputs and outputs of the op that is being computed, through TensorFlow's C API; float32.
#ifndef RIFE_TENSOR_H_
#define RIFE_TENSOR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace rife {

struct Status {
  TF_Status* status = TF_NewStatus();
  ~Status() { TF_DeleteStatus(status); }
  bool ok() const { return TF_GetCode(status) == TF_OK; }
};

inline void fail(TF_OpKernelContext* context, TF_Code code, const std::string& message) {
  Status status;
  TF_SetStatus(status.status, code, message.c_str());
  TF_OpKernelContext_Failure(context, status.status);
}

// False after a failure, which is stored in the context.
class Tensor {
 public:
  static Tensor input(TF_OpKernelContext* context, int index) {
    Status status;
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context, index, &tensor, status.status);
    if (!status.ok()) TF_OpKernelContext_Failure(context, status.status);
    return Tensor(tensor);
  }
  static Tensor output(TF_OpKernelContext* context, int index, const std::vector<int64_t>& shape) {
    Status status;
    int64_t size = 1;
    for (int64_t side : shape) size *= side;
    TF_Tensor* tensor = TF_AllocateOutput(context, index, TF_FLOAT, shape.data(), static_cast<int>(shape.size()),
                                          size * sizeof(float), status.status);
    if (!status.ok()) TF_OpKernelContext_Failure(context, status.status);
    return Tensor(status.ok() ? tensor : nullptr);
  }
  // Memory that lives as long as the op runs.
  static Tensor temporary(TF_OpKernelContext* context, int64_t size) {
    Status status;
    TF_AllocatorAttributes attributes{TF_ALLOCATOR_ATTRIBUTES_STRUCT_SIZE, 1};
    TF_Tensor* tensor = TF_AllocateTemp(context, TF_FLOAT, &size, 1, &attributes, status.status);
    if (!status.ok()) TF_OpKernelContext_Failure(context, status.status);
    return Tensor(status.ok() ? tensor : nullptr);
  }
  Tensor(Tensor&& other) noexcept : tensor_(other.tensor_) { other.tensor_ = nullptr; }
  Tensor(const Tensor&) = delete;
  ~Tensor() {
    if (tensor_) TF_DeleteTensor(tensor_);
  }

  explicit operator bool() const { return tensor_ != nullptr; }
  float* data() const { return static_cast<float*>(TF_TensorData(tensor_)); }
  int64_t size() const { return TF_TensorElementCount(tensor_); }
  std::vector<int64_t> shape() const {
    std::vector<int64_t> sides(TF_NumDims(tensor_));
    for (size_t i = 0; i < sides.size(); i++) sides[i] = TF_Dim(tensor_, static_cast<int>(i));
    return sides;
  }

 private:
  explicit Tensor(TF_Tensor* tensor) : tensor_(tensor) {}
  TF_Tensor* tensor_;
};

}  // namespace rife

#endif
