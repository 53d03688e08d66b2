// Runtime of the loops in the kernels: one version per instruction set, and a pool of threads,
// since TensorFlow's C API for kernels gives no access to its own pool.
#ifndef RIFE_PARALLEL_FOR_H_
#define RIFE_PARALLEL_FOR_H_

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

// Makes the compiler emit a function once per instruction set; the processor's own version runs.
// RIFE_ONE_VERSION selects one explicitly: scripts/isa.mjs tests each.
#if defined(RIFE_ONE_VERSION)
#define RIFE_CLONES RIFE_ONE_VERSION
#elif defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define RIFE_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define RIFE_CLONES
#endif

namespace rife {

// One call of parallelFor. A counter hands out chunks; the thread that finishes the last one wakes
// the caller.
struct Job {
  std::function<void(int64_t)> run;
  // TensorFlow's threads flush denormal numbers to zero. Ours must too, or results depend on which
  // thread computes what.
  std::fenv_t floatingPoint;
  int64_t chunks = 0;
  std::atomic<int64_t> next{0};
  std::atomic<int64_t> done{0};

  void work() {
    for (int64_t i = next++; i < chunks; i = next++) {
      run(i);
      done++;
    }
  }
};

class Pool {
 public:
  // Never destroyed: threads may still wait in it while the process ends.
  static Pool& get() {
    static Pool* pool = new Pool();
    return *pool;
  }

  // Runs fn(0) .. fn(chunks - 1); the caller's thread takes part. Which thread runs which chunk is
  // not determined, so results must not depend on it.
  void parallelFor(int64_t chunks, std::function<void(int64_t)> fn) {
    if (chunks <= 1 || helpers_ == 0) {
      for (int64_t i = 0; i < chunks; i++) fn(i);
      return;
    }
    auto job = std::make_shared<Job>();
    job->run = std::move(fn);
    job->chunks = chunks;
    std::fegetenv(&job->floatingPoint);
    const int64_t wanted = std::min<int64_t>(helpers_, chunks - 1);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      for (int64_t i = 0; i < wanted; i++) queue_.push_back(job);
    }
    wake_.notify_all();
    job->work();
    // Chunks take well below a millisecond: waiting for the last ones is not worth a sleep.
    while (job->done.load() < chunks) std::this_thread::yield();
  }

 private:
  Pool() : helpers_(threads() - 1) {
    for (int i = 0; i < helpers_; i++) std::thread([this] { serve(); }).detach();
  }

  // As many as TensorFlow's operators may use.
  static int threads() {
    const char* asked = std::getenv("TF_NUM_INTRAOP_THREADS");
    const int count = asked ? std::atoi(asked) : 0;
    return std::max(1, count > 0 ? count : static_cast<int>(std::thread::hardware_concurrency()));
  }

  void serve() {
    for (;;) {
      std::shared_ptr<Job> job;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [this] { return !queue_.empty(); });
        job = std::move(queue_.front());
        queue_.pop_front();
      }
      std::fesetenv(&job->floatingPoint);
      job->work();
    }
  }

  const int helpers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Job>> queue_;
};

// The same for ranges [begin, end) of `size` of `count` things; the last one may be shorter.
template <typename Range>
void forRanges(int64_t count, int64_t size, Range range) {
  Pool::get().parallelFor((count + size - 1) / size,
                          [&](int64_t i) { range(i * size, std::min(count, (i + 1) * size)); });
}

}  // namespace rife

#endif
