#pragma once

#include <vector>

#include "core/json.hpp"
#include "core/option_table.hpp"

namespace argosy::rc {

/// JSON schema of an object of options by their Go names, as options/get shows it and as `_config` and its
/// like take it.
json schema_of_options(const std::vector<const option_info*>& options);

template <class Options>
json schema_of_options(const option_table<Options>& table) {
  std::vector<const option_info*> options;
  for (const auto& row : table.rows()) options.push_back(&row.info);
  return schema_of_options(options);
}

/// Of an option as a flat parameter.
json schema_of_flat_option(const option_info& option);

/// The blocks of options/get: name to schema.
json option_block_schemas();

} // namespace argosy::rc
