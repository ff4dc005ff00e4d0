#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "http/debug/pprof_request.hpp"

namespace argosy {

/// The page that lists what there is. `counts` by name; what is not in it is shown with 0, as Go does.
std::string pprof_index_page(const std::map<std::string, std::int64_t>& counts);

} // namespace argosy
