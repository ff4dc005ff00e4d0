#include "backends/storage.hpp"

namespace argosy {

namespace {

[[noreturn]] void unsupported(const storage& s, const char* what) {
  fail(failure_kind::unsupported, s.info().description + " doesn't support " + what);
}

} // namespace

void session::require_unchanged(const may_block&, const copy_request&) {}

std::unique_ptr<chunked_object> session::create_chunked(const may_block&, const put_request&, std::int64_t) {
  return nullptr;
}

void session::set_directory_modified(const may_block&, const std::string&, nanoseconds) {
  unsupported(of(), "setting the modification time of directories");
}

bool session::copy_from(const may_block&, session&, const copy_request&, const copy_policy&) { return false; }

bool session::adopt(const may_block&, session&, const copy_request&, const copy_policy&) { return false; }

bool session::move_from(const may_block&, session&, const std::string&, const std::string&) { return false; }

bool session::move_directory_from(const may_block&, session&, const std::string&, const std::string&) {
  return false;
}

bool session::purge(const may_block&, const std::string&) { return false; }

storage_usage session::about(const may_block&) { unsupported(of(), "about"); }

void session::clean_up(const may_block&) { unsupported(of(), "cleanup"); }

std::string session::public_link(const may_block&, const std::string&, std::int64_t, bool) {
  unsupported(of(), "public links");
}

std::map<std::string, std::string> session::metadata(const may_block&, const std::string&) { return {}; }

void session::set_directory_metadata(const may_block&, const std::string&,
                                     const std::map<std::string, std::string>&) {
  unsupported(of(), "setting the metadata of directories");
}

void session::set_tier(const may_block&, const std::string&, const std::string&) {
  fail(failure_kind::unsupported, "remote " + of().info().name + " does not support settier");
}

json session::command(const may_block&, const std::string&, const std::map<std::string, std::string>&,
                      const std::vector<std::string>&) {
  if (of().info().features.Command) fail(failure_kind::other, "command not found");
  fail(failure_kind::unsupported, of().info().description + ": doesn't support backend commands");
}

} // namespace argosy
