#include "metrics/text_format.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "core/unicode.hpp"

namespace argosy {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

const char* type_name(MetricType type) {
  switch (type) {
  case MetricType::Counter: return "counter";
  case MetricType::Gauge: return "gauge";
  case MetricType::Summary: return "summary";
  case MetricType::Histogram: return "histogram";
  case MetricType::Untyped: break;
  }
  return "untyped";
}

class writer {
public:
  void family(const MetricFamily& f) {
    out_ += "# HELP " + f.name + ' ';
    escaped(f.help, false);
    out_ += "\n# TYPE " + f.name + ' ' + type_name(f.type) + '\n';
    for (const auto& m : f.metric) metric(f, m);
  }
  std::string take() { return std::move(out_); }

private:
  void metric(const MetricFamily& f, const ClientMetric& m) {
    switch (f.type) {
    case MetricType::Counter: sample(f.name, m, m.counter.value); break;
    case MetricType::Gauge: sample(f.name, m, m.gauge.value); break;
    case MetricType::Untyped: sample(f.name, m, m.untyped.value); break;
    case MetricType::Summary:
      for (const auto& q : m.summary.quantile) sample(f.name, m, q.value, "quantile", q.quantile);
      sample(f.name + "_sum", m, m.summary.sample_sum);
      sample(f.name + "_count", m, static_cast<double>(m.summary.sample_count));
      break;
    case MetricType::Histogram: histogram(f.name, m); break;
    }
  }

  void histogram(const std::string& name, const ClientMetric& m) {
    const auto& h = m.histogram;
    for (const auto& b : h.bucket)
      sample(name + "_bucket", m, static_cast<double>(b.cumulative_count), "le", b.upper_bound);
    // The format demands a last bucket without bound.
    if (h.bucket.empty() || !std::isinf(h.bucket.back().upper_bound))
      sample(name + "_bucket", m, static_cast<double>(h.sample_count), "le", HUGE_VAL);
    sample(name + "_sum", m, h.sample_sum);
    sample(name + "_count", m, static_cast<double>(h.sample_count));
  }

  void sample(const std::string& name, const ClientMetric& m, double value, const char* extra = nullptr,
              double extra_value = 0) {
    out_ += name;
    char separator = '{';
    for (const auto& label : m.label) {
      out_ += separator + label.name + "=\"";
      escaped(label.value, true);
      out_ += '"';
      separator = ',';
    }
    if (extra != nullptr) {
      out_ += separator + std::string{extra} + "=\"";
      number(extra_value);
      out_ += '"';
      separator = ',';
    }
    if (separator == ',') out_ += '}';
    out_ += ' ';
    number(value);
    if (m.timestamp_ms != 0) out_ += ' ' + std::to_string(m.timestamp_ms);
    out_ += '\n';
  }

  void number(double value) {
    constexpr double exact = 9007199254740992.0; // 2^53
    if (std::isnan(value)) {
      out_ += "NaN";
    } else if (std::isinf(value)) {
      out_ += value > 0 ? "+Inf" : "-Inf";
    } else if (std::abs(value) <= exact && value == std::trunc(value)) {
      out_ += std::to_string(static_cast<std::int64_t>(value));
    } else {
      std::array<char, 32> digits{};
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
      out_.append(digits.data(), end);
    }
  }

  void escaped(std::string_view text, bool quotes) {
    while (!text.empty()) {
      const auto length = utf8_length(text);
      if (length == 0)
        out_ += "\xEF\xBF\xBD";
      else if (text[0] == '\\')
        out_ += "\\\\";
      else if (text[0] == '\n')
        out_ += "\\n";
      else if (text[0] == '"' && quotes)
        out_ += "\\\"";
      else
        out_ += text.substr(0, length);
      text.remove_prefix(std::max<std::size_t>(length, 1));
    }
  }

  std::string out_;
};

} // namespace

std::string text_format(std::vector<MetricFamily> families) {
  std::sort(families.begin(), families.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  writer w;
  for (auto& f : families) {
    if (f.metric.empty()) continue;
    std::sort(f.metric.begin(), f.metric.end(),
              [](const auto& a, const auto& b) { return a.label < b.label; });
    w.family(f);
  }
  return w.take();
}

} // namespace argosy
