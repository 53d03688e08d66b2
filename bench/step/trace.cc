// Writes what TensorFlow traces of each call of a session into files: preloaded, it takes the place
// of TF_SessionRun. RIFE_TRACE names the folder.
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "tensorflow/c/c_api.h"

using Run = decltype(&TF_SessionRun);

extern "C" void TF_SessionRun(TF_Session* session, const TF_Buffer*, const TF_Output* inputs,
                              TF_Tensor* const* input_values, int ninputs, const TF_Output* outputs,
                              TF_Tensor** output_values, int noutputs, const TF_Operation* const* targets,
                              int ntargets, TF_Buffer*, TF_Status* status) {
  static void* const library = dlopen("libtensorflow_cc.so.2", RTLD_LAZY | RTLD_NOLOAD);
  static const auto run = reinterpret_cast<Run>(dlsym(library, "TF_SessionRun"));
  static const auto newBuffer = reinterpret_cast<decltype(&TF_NewBuffer)>(dlsym(library, "TF_NewBuffer"));
  static const auto deleteBuffer = reinterpret_cast<decltype(&TF_DeleteBuffer)>(dlsym(library, "TF_DeleteBuffer"));
  static int number = 0;
  // RunOptions{trace_level: FULL_TRACE}
  const TF_Buffer options{"\x08\x03", 2, nullptr};
  TF_Buffer* const metadata = newBuffer();
  run(session, &options, inputs, input_values, ninputs, outputs, output_values, noutputs, targets, ntargets, metadata,
      status);
  const std::string name = std::string(std::getenv("RIFE_TRACE")) + "/" + std::to_string(number++) + ".pb";
  if (FILE* const file = std::fopen(name.c_str(), "wb")) {
    std::fwrite(metadata->data, 1, metadata->length, file);
    std::fclose(file);
  }
  deleteBuffer(metadata);
}
