#include "actors/blocking.hpp"

namespace argosy {

failure_info current_failure() {
  try {
    throw;
  } catch (const failure& f) {
    return info_of(f);
  } catch (const std::exception& e) {
    return {failure_kind::other, std::string{"panic received: "} + e.what()};
  } catch (...) {
    return {failure_kind::other, "panic received: unknown exception"};
  }
}

} // namespace argosy
