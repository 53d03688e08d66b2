// Registers an op without attributes, and its kernel for the CPU.
#ifndef RIFE_REGISTER_OP_H_
#define RIFE_REGISTER_OP_H_

#include <vector>

#include "tensor.h"
#include "tensorflow/c/ops.h"

namespace rife {

using Shapes = void (*)(TF_ShapeInferenceContext*, TF_Status*);
using Compute = void (*)(void*, TF_OpKernelContext*);

inline void addOp(const char* name, std::vector<const char*> inputs, std::vector<const char*> outputs, Shapes shapes,
                  Compute compute) {
  Status status;
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder(name);
  for (const char* input : inputs) TF_OpDefinitionBuilderAddInput(op, input);
  for (const char* output : outputs) TF_OpDefinitionBuilderAddOutput(op, output);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(op, shapes);
  TF_RegisterOpDefinition(op, status.status);
  // If registration fails the op does not exist, and the program composes it instead.
  if (!status.ok()) return;
  TF_RegisterKernelBuilder(name, TF_NewKernelBuilder(name, "CPU", nullptr, compute, nullptr), status.status);
}

}  // namespace rife

#endif
