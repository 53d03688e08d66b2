// Loads a library with standard error closed: TensorFlow prints two lines about oneDNN while its
// library is loaded, before any setting of its log can be read.
#include <dlfcn.h>
#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

#include <string>

// load(path): was it loaded? It stays; where it was not, whoever loads it next says why.
static napi_value Load(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  napi_value result;
  size_t length = 0;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  napi_get_value_string_utf8(env, argument, nullptr, 0, &length);
  std::string path(length, '\0');
  napi_get_value_string_utf8(env, argument, &path[0], length + 1, &length);

  const int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  const bool quiet = saved >= 0 && nowhere >= 0 && dup2(nowhere, STDERR_FILENO) >= 0;
  void *const library = dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (quiet) dup2(saved, STDERR_FILENO);
  if (saved >= 0) close(saved);
  if (nowhere >= 0) close(nowhere);

  napi_get_boolean(env, library != nullptr, &result);
  return result;
}

NAPI_MODULE_INIT() {
  napi_value load;
  napi_create_function(env, "load", NAPI_AUTO_LENGTH, Load, nullptr, &load);
  napi_set_named_property(env, exports, "load", load);
  return exports;
}
