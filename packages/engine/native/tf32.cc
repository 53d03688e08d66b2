// NVIDIA's libraries read NVIDIA_TF32_OVERRIDE=0 and leave TF32 out. TensorFlow has a switch of its
// own, which decides which kernels and layouts it asks them for; here it follows the variable.
#include <cstdlib>
#include <cstring>

namespace tsl {
// tsl/platform/tensor_float_32_utils.h; absent from other versions of TensorFlow.
__attribute__((weak)) void enable_tensor_float_32_execution(bool enabled);
}  // namespace tsl

__attribute__((constructor)) static void FollowNvidia() {
  const char *const value = std::getenv("NVIDIA_TF32_OVERRIDE");
  if (value && !std::strcmp(value, "0") && tsl::enable_tensor_float_32_execution)
    tsl::enable_tensor_float_32_execution(false);
}
