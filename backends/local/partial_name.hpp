#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/time_text.hpp"

namespace argosy {

/// What tells one version of an object from another; `attempt` tells copies that run at the same time apart.
std::uint32_t partial_mark(std::string_view path, std::int64_t size, nanoseconds modified,
                           unsigned attempt = 0);

/// Name under which an object is written until it is whole (rc-surface 3.7 step 5): `<leaf>.<8 hex
/// digits><suffix>`. A leaf longer than 100 bytes first loses as many bytes at its end as are added, whole
/// characters at a time.
std::string partial_name(std::string_view leaf, std::uint32_t mark, std::string_view suffix);

} // namespace argosy
