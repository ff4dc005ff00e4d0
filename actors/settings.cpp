#include "actors/settings.hpp"

namespace argosy {

main_options with_overrides(const main_options& base, const std::string& overrides) {
  auto options = base;
  if (overrides.empty())
    return options;
  const auto given = json::parse(overrides);
  if (const auto flat = given.find("flat"); flat != given.end())
    for (const auto& [name, value] : flat->items())
      apply_flat(options, name, value);
  if (const auto config = given.find("config"); config != given.end())
    apply_overrides(options, *config);
  return options;
}

} // namespace argosy
