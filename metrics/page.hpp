#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>

#include "metrics/text_format.hpp"

namespace argosy {

/// Values of the labels of one sample, in the order in which the family names its labels.
using label_values = std::vector<std::string>;
using sample_counts = std::map<label_values, std::uint64_t>;

/// The figures of one scrape.
class metrics_page {
public:
  explicit metrics_page(std::vector<prometheus::MetricFamily> families) : families_(std::move(families)) {}

  void gauge(const char* name, const char* help, double value) {
    add(name, help, prometheus::MetricType::Gauge, value);
  }
  void gauge(const char* name, const char* help, std::uint64_t value) {
    gauge(name, help, static_cast<double>(value));
  }
  void counter(const char* name, const char* help, double value) {
    add(name, help, prometheus::MetricType::Counter, value);
  }
  void counter(const char* name, const char* help, std::uint64_t value) {
    counter(name, help, static_cast<double>(value));
  }
  void by_label(const char* name, const char* help, prometheus::MetricType type,
                const std::vector<const char*>& labels, const sample_counts& samples) {
    prometheus::MetricFamily f{name, help, type, {}};
    for (const auto& [values, count] : samples) {
      auto m = metric(type, static_cast<double>(count));
      for (std::size_t i = 0; i < labels.size(); ++i) m.label.push_back({labels[i], values.at(i)});
      f.metric.push_back(std::move(m));
    }
    families_.push_back(std::move(f));
  }
  void add(prometheus::MetricFamily family) { families_.push_back(std::move(family)); }
  std::string text() && { return text_format(std::move(families_)); }

private:
  static prometheus::ClientMetric metric(prometheus::MetricType type, double value) {
    prometheus::ClientMetric m;
    (type == prometheus::MetricType::Counter ? m.counter.value : m.gauge.value) = value;
    return m;
  }
  void add(const char* name, const char* help, prometheus::MetricType type, double value) {
    families_.push_back({name, help, type, {metric(type, value)}});
  }
  std::vector<prometheus::MetricFamily> families_;
};

} // namespace argosy
