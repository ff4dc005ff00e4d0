#pragma once

#include <utility>
#include <vector>

#include "backends/table.hpp"

/// Rows of storage_type::options as the tables of the storages spell them.
namespace argosy::option_rows {

inline storage_option row(const char* name, const char* type, const char* default_text, const char* help) {
  storage_option o;
  o.name = name;
  o.help = help;
  o.default_text = default_text;
  o.type = type;
  return o;
}

/// Shown to experts only.
inline storage_option advanced(const char* name, const char* type, const char* default_text,
                               const char* help) {
  auto o = row(name, type, default_text, help);
  o.advanced = true;
  return o;
}

inline storage_option sensitive(storage_option o) {
  o.sensitive = true;
  return o;
}

inline storage_option with_examples(storage_option o, std::vector<storage_option::example> examples) {
  o.examples = std::move(examples);
  return o;
}

} // namespace argosy::option_rows
