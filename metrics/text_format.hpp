#pragma once

#include <string>
#include <vector>

#include <prometheus/metric_family.h>

namespace argosy {

/// Prometheus' text format 0.0.4, families and their samples sorted by name and labels, families without
/// samples left out. Integers up to 2^53 are written digit by digit, other values in the fewest digits that
/// give the same double again. Escapes help and label values; bytes that are not UTF-8, for which Prometheus
/// would refuse the whole page, become U+FFFD. (prometheus-cpp's own writer does none of this.)
std::string text_format(std::vector<prometheus::MetricFamily> families);

} // namespace argosy
