#include "backends/alias/alias_storage.hpp"

#include "backends/wrapping.hpp"

namespace argosy {

namespace {

made_storage make_alias(const may_block& on, const storage_request& request) {
  on.check();
  const auto target = request.option ? request.option("remote") : std::nullopt;
  if (!target || target->empty())
    fail(failure_kind::other, "alias can't point to an empty remote - check the value of the remote setting");
  if (target->compare(0, request.name.size() + 1, request.name + ":") == 0)
    fail(failure_kind::other, "can't point alias remote at itself - check the value of the remote setting");
  return request.make_other(join_remote(*target, request.path));
}

} // namespace

storage_type alias_type() {
  storage_type type;
  type.name = "alias";
  type.description = "Alias for an existing remote";
  type.make = make_alias;
  storage_option remote;
  remote.name = "remote";
  remote.help =
      "Remote or path that the alias stands for: \"other:path/to/dir\", \"other:bucket\", \"other:\" or "
      "\"/local/path\".";
  remote.type = "string";
  remote.required = true;
  type.options.push_back(std::move(remote));
  return type;
}

} // namespace argosy
