// One task of a TensorFlow cluster as a Node addon: a gRPC server in this process, a session on it,
// a variable, and the mean of that variable over all tasks by CollectiveReduceV2. Everything is
// TensorFlow's C API; bench/collectives/run.mjs compiles and calls it.
#include <node_api.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tensorflow/c/c_api.h"

namespace {

struct Status {
  TF_Status* status = TF_NewStatus();
  ~Status() { TF_DeleteStatus(status); }
  void check(const char* what) const {
    if (TF_GetCode(status) != TF_OK) throw std::runtime_error(std::string(what) + ": " + TF_Message(status));
  }
};

struct Bytes {
  void* data = nullptr;
  size_t length = 0;
};

TF_Tensor* scalar(TF_DataType type, const void* value, size_t bytes) {
  TF_Tensor* tensor = TF_AllocateTensor(type, nullptr, 0, bytes);
  std::memcpy(TF_TensorData(tensor), value, bytes);
  return tensor;
}

// Adds nodes to a graph, all of them on one device.
class Builder {
 public:
  Builder(TF_Graph* graph, std::string device) : graph_(graph), device_(std::move(device)) {}

  template <typename Fill>
  TF_Operation* node(const char* op, const char* name, Fill fill) {
    TF_OperationDescription* description = TF_NewOperation(graph_, op, name);
    TF_SetDevice(description, device_.c_str());
    fill(description);
    Status status;
    TF_Operation* operation = TF_FinishOperation(description, status.status);
    status.check(name);
    return operation;
  }
  TF_Output constant(const char* name, TF_DataType type, TF_Tensor* value) {
    Status status;
    TF_Operation* operation = node("Const", name, [&](TF_OperationDescription* d) {
      TF_SetAttrType(d, "dtype", type);
      TF_SetAttrTensor(d, "value", value, status.status);
    });
    TF_DeleteTensor(value);
    status.check(name);
    return {operation, 0};
  }
  TF_Output number(const char* name, int32_t value) {
    return constant(name, TF_INT32, scalar(TF_INT32, &value, sizeof value));
  }

 private:
  TF_Graph* graph_;
  const std::string device_;
};

// Server, session and graph of this process.
struct Task {
  TF_Server* server = nullptr;
  TF_Session* session = nullptr;
  TF_Graph* graph = TF_NewGraph();
  TF_Operation *initialise = nullptr, *reduce = nullptr, *read = nullptr;

  void serve(Bytes serverDef, Bytes config) {
    Status status;
    server = TF_NewServer(serverDef.data, serverDef.length, status.status);
    status.check("TF_NewServer");
    TF_ServerStart(server, status.status);
    status.check("TF_ServerStart");
    TF_SessionOptions* options = TF_NewSessionOptions();
    TF_SetTarget(options, TF_ServerTarget(server));
    TF_SetConfig(options, config.data, config.length, status.status);
    status.check("TF_SetConfig");
    session = TF_NewSession(graph, options, status.status);
    TF_DeleteSessionOptions(options);
    status.check("TF_NewSession");
  }

  void build(int32_t rank, int32_t count, int32_t floats, const char* hint) {
    Builder builder(graph, "/job:worker/replica:0/task:" + std::to_string(rank) + "/device:CPU:0");
    const int64_t shape[] = {floats};
    TF_Operation* variable = builder.node("VarHandleOp", "variable", [&](TF_OperationDescription* d) {
      TF_SetAttrType(d, "dtype", TF_FLOAT);
      TF_SetAttrShape(d, "shape", shape, 1);
    });
    const auto readVariable = [&](const char* name) {
      return TF_Output{builder.node("ReadVariableOp", name,
                                    [&](TF_OperationDescription* d) {
                                      TF_AddInput(d, {variable, 0});
                                      TF_SetAttrType(d, "dtype", TF_FLOAT);
                                    }),
                       0};
    };
    const auto assign = [&](const char* name, TF_Output value) {
      return builder.node("AssignVariableOp", name, [&](TF_OperationDescription* d) {
        TF_AddInput(d, {variable, 0});
        TF_AddInput(d, value);
        TF_SetAttrType(d, "dtype", TF_FLOAT);
      });
    };
    const float own = static_cast<float>(rank + 1);
    int64_t sides[] = {1};
    TF_Tensor* length = TF_AllocateTensor(TF_INT32, sides, 1, sizeof floats);
    std::memcpy(TF_TensorData(length), &floats, sizeof floats);
    const TF_Output dims = builder.constant("dims", TF_INT32, length);
    const TF_Output value = builder.constant("own", TF_FLOAT, scalar(TF_FLOAT, &own, sizeof own));
    TF_Operation* fill = builder.node("Fill", "fill", [&](TF_OperationDescription* d) {
      TF_AddInput(d, dims);
      TF_AddInput(d, value);
      TF_SetAttrType(d, "T", TF_FLOAT);
    });
    initialise = assign("initialise", {fill, 0});
    const TF_Output parts[] = {readVariable("before"), builder.number("group_size", count),
                               builder.number("group_key", 1), builder.number("instance_key", 1)};
    TF_Operation* mean = builder.node("CollectiveReduceV2", "mean", [&](TF_OperationDescription* d) {
      for (const TF_Output& part : parts) TF_AddInput(d, part);
      TF_AddInputList(d, nullptr, 0);
      TF_SetAttrType(d, "T", TF_FLOAT);
      TF_SetAttrString(d, "merge_op", "Add", 3);
      TF_SetAttrString(d, "final_op", "Div", 3);
      TF_SetAttrString(d, "communication_hint", hint, std::char_traits<char>::length(hint));
      TF_SetAttrFloat(d, "timeout_seconds", 60);
    });
    reduce = assign("reduce", {mean, 0});
    read = readVariable("after").oper;
  }

  // Runs an operation for its effect.
  void run(TF_Operation* target) {
    Status status;
    TF_SessionRun(session, nullptr, nullptr, nullptr, 0, nullptr, nullptr, 0, &target, 1, nullptr, status.status);
    status.check(TF_OperationName(target));
  }

  // Smallest and largest value of the variable.
  std::pair<float, float> range() {
    Status status;
    const TF_Output output{read, 0};
    TF_Tensor* tensor = nullptr;
    TF_SessionRun(session, nullptr, nullptr, nullptr, 0, &output, &tensor, 1, nullptr, 0, nullptr, status.status);
    status.check("after");
    const float* values = static_cast<const float*>(TF_TensorData(tensor));
    const auto bounds = std::minmax_element(values, values + TF_TensorElementCount(tensor));
    const std::pair<float, float> result(*bounds.first, *bounds.second);
    TF_DeleteTensor(tensor);
    return result;
  }
};

Task task;

std::vector<napi_value> argumentsOf(napi_env env, napi_callback_info info, size_t count) {
  std::vector<napi_value> values(count);
  napi_get_cb_info(env, info, &count, values.data(), nullptr, nullptr);
  return values;
}

Bytes bytesOf(napi_env env, napi_value value) {
  Bytes bytes;
  napi_get_typedarray_info(env, value, nullptr, &bytes.length, &bytes.data, nullptr, nullptr);
  return bytes;
}

int32_t numberOf(napi_env env, napi_value value) {
  int32_t number = 0;
  napi_get_value_int32(env, value, &number);
  return number;
}

// open(serverDef, config, rank, count, floats, communicationHint)
napi_value open(napi_env env, napi_callback_info info) try {
  const std::vector<napi_value> values = argumentsOf(env, info, 6);
  char hint[16];
  size_t length;
  napi_get_value_string_utf8(env, values[5], hint, sizeof hint, &length);
  task.build(numberOf(env, values[2]), numberOf(env, values[3]), numberOf(env, values[4]), hint);
  task.serve(bytesOf(env, values[0]), bytesOf(env, values[1]));
  return nullptr;
} catch (const std::exception& error) {
  napi_throw_error(env, nullptr, error.what());
  return nullptr;
}

// reduce() -> [milliseconds, smallest, largest value]; every task must call it as often as the
// others.
napi_value reduce(napi_env env, napi_callback_info) try {
  task.run(task.initialise);
  const auto start = std::chrono::steady_clock::now();
  task.run(task.reduce);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  const auto [smallest, largest] = task.range();
  napi_value result;
  napi_create_array_with_length(env, 3, &result);
  const double numbers[] = {took.count(), smallest, largest};
  for (uint32_t i = 0; i < 3; i++) {
    napi_value number;
    napi_create_double(env, numbers[i], &number);
    napi_set_element(env, result, i, number);
  }
  return result;
} catch (const std::exception& error) {
  napi_throw_error(env, nullptr, error.what());
  return nullptr;
}

napi_value init(napi_env env, napi_value exports) {
  const napi_property_descriptor properties[] = {
      {"open", nullptr, open, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"reduce", nullptr, reduce, nullptr, nullptr, nullptr, napi_default, nullptr},
  };
  napi_define_properties(env, exports, 2, properties);
  return exports;
}

}  // namespace

NAPI_MODULE(collectives, init)
