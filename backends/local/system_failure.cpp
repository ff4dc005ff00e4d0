#include "backends/local/system_failure.hpp"

#include <cctype>
#include <cerrno>
#include <cstring>

namespace argosy {

namespace {

failure_kind kind_of(int number, failure_kind missing) {
  switch (number) {
  case EACCES:
  case EPERM: return failure_kind::permission_denied;
  case EISDIR: return failure_kind::is_a_directory;
  case EMFILE:
  case ENFILE:
  case ENOMEM: return failure_kind::retryable;
  case ENOENT: return missing;
  default: return failure_kind::other;
  }
}

} // namespace

std::string system_text(int number) {
  const char* known = ::strerrordesc_np(number);
  if (known == nullptr) return "errno " + std::to_string(number);
  std::string text{known};
  // glibc begins sentences, Go does not; acronyms stay.
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0)
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

std::string path_error(std::string_view operation, std::string_view path, int number) {
  std::string text{operation};
  text += ' ';
  text += path;
  text += ": ";
  text += system_text(number);
  return text;
}

void fail_system(std::string_view operation, std::string_view path, int number, failure_kind missing) {
  fail(kind_of(number, missing), path_error(operation, path, number));
}

} // namespace argosy
