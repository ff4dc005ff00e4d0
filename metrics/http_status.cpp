#include "metrics/http_status.hpp"

#include <map>
#include <mutex>
#include <tuple>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/registry.h>

namespace argosy {

struct http_status_counter::counters {
  using key = std::tuple<std::string, std::string, int>;

  explicit counters(prometheus::Registry& registry) :
      family(prometheus::BuildCounter()
                 .Name("rclone_http_status_code")
                 .Help("Answers to HTTP requests made by remotes, by status; 0 is no answer.")
                 .Register(registry)) {}

  prometheus::Counter& find(key wanted) {
    const std::lock_guard<std::mutex> lock{mutex};
    auto found = known.find(wanted);
    if (found == known.end()) {
      if (known.size() >= most) std::get<0>(wanted) = "other";
      found = known.find(wanted);
    }
    if (found == known.end()) {
      auto& made = family.Add({{"host", std::get<0>(wanted)},
                               {"method", std::get<1>(wanted)},
                               {"code", std::to_string(std::get<2>(wanted))}});
      found = known.emplace(std::move(wanted), &made).first;
    }
    return *found->second;
  }

  prometheus::Family<prometheus::Counter>& family;
  std::mutex mutex;
  std::map<key, prometheus::Counter*> known;
};

http_status_counter::http_status_counter(prometheus::Registry& registry) :
    counters_(std::make_unique<counters>(registry)) {}

http_status_counter::~http_status_counter() = default;

void http_status_counter::count(const std::string& host, const std::string& method, int code) {
  counters_->find({host, method, code}).Increment();
}

} // namespace argosy
