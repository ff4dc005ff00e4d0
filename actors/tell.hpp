#pragma once

#include <caf/send.hpp>

namespace argosy {

/// The only way to say something without wanting an answer. CAF 0.17.6 kills the target of a plain `send`
/// whose handler returns a value when the sender does not handle it, and its member `anon_send` is not
/// anonymous.
template <class Handle, class... Ts>
void tell(const Handle& whom, Ts&&... xs) {
  caf::anon_send(whom, std::forward<Ts>(xs)...);
}

} // namespace argosy
