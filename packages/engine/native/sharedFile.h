// Files that several processes have open, mapped into this process's memory; float32.
#ifndef RIFE_SHARED_FILE_H_
#define RIFE_SHARED_FILE_H_

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "tensor.h"

namespace rife {

// A whole file, mapped. All of it must have been written before: mapped memory for which the disk
// has no space kills the process.
class Mapping {
 public:
  Mapping(void* memory, size_t bytes) : memory_(memory), bytes_(bytes) {}
  Mapping(const Mapping&) = delete;
  ~Mapping() { munmap(memory_, bytes_); }
  float* data() const { return static_cast<float*>(memory_); }
  int64_t size() const { return static_cast<int64_t>(bytes_ / sizeof(float)); }

 private:
  void* const memory_;
  const size_t bytes_;
};
using File = std::shared_ptr<Mapping>;

// Files by device and inode: file descriptors are reused.
using Key = std::pair<dev_t, ino_t>;
struct Files {
  std::mutex mutex;
  std::map<Key, File> open;
  // Never destroyed: ops of other threads may run while the process ends.
  static Files& get() {
    static Files* files = new Files();
    return *files;
  }
};

// Null after a failure, which is stored in the context.
inline File fileOf(TF_OpKernelContext* context, int64_t number) {
  struct stat facts;
  if (fstat(static_cast<int>(number), &facts) != 0) {
    fail(context, TF_INVALID_ARGUMENT, "file " + std::to_string(number) + " is not open");
    return nullptr;
  }
  Files& files = Files::get();
  std::lock_guard<std::mutex> lock(files.mutex);
  File& file = files.open[{facts.st_dev, facts.st_ino}];
  if (file) return file;
  const auto bytes = static_cast<size_t>(facts.st_size);
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, static_cast<int>(number), 0);
  if (memory == MAP_FAILED) {
    const int error = errno;
    files.open.erase({facts.st_dev, facts.st_ino});
    fail(context, TF_RESOURCE_EXHAUSTED, std::to_string(bytes) + " bytes of shared memory: " + std::strerror(error));
    return nullptr;
  }
  return file = std::make_shared<Mapping>(memory, bytes);
}

// The shared_ptr keeps the mapping while it is in use.
inline void forgetFile(int64_t number) {
  struct stat facts;
  if (fstat(static_cast<int>(number), &facts) != 0) return;
  Files& files = Files::get();
  std::lock_guard<std::mutex> lock(files.mutex);
  files.open.erase({facts.st_dev, facts.st_ino});
}

}  // namespace rife

#endif
