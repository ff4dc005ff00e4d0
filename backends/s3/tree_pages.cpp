#include "backends/s3/tree_pages.hpp"

#include <utility>

#include "backends/walk.hpp"

namespace argosy::s3 {

const std::string* tree_pages::enter(const std::string& keys) {
  if (const auto known = directories_.find(keys); known != directories_.end()) return &known->second;
  const auto name_end = keys.size() - 1; // where its slash is
  const auto parent_end = name_end == 0 ? std::string::npos : keys.rfind('/', name_end - 1);
  const auto name_begin = parent_end == std::string::npos ? 0 : parent_end + 1;
  const auto* parent = enter(keys.substr(0, name_begin));
  if (parent == nullptr || name_begin == name_end) return nullptr;
  const auto name = encoding_.to_standard(keys.substr(name_begin, name_end - name_begin));
  listing entry;
  entry.add(name, entry_kind::directory, -1, now());
  page_(*parent, std::move(entry));
  return &directories_.emplace(keys, path_below(*parent, name)).first->second;
}

void tree_pages::add(std::string_view rest, const listed_object& one) {
  const auto slash = rest.rfind('/');
  const auto name = slash == std::string_view::npos ? rest : rest.substr(slash + 1);
  const auto keys = rest.substr(0, rest.size() - name.size());
  if (!std::exchange(begun_, true) || keys != keys_) {
    flush();
    keys_ = keys;
    directory_ = enter(keys_);
  }
  if (directory_ != nullptr && !name.empty())
    entries_.add(encoding_.to_standard(std::string{name}), entry_kind::file, one.size, one.modified);
}

void tree_pages::flush() {
  if (!entries_.empty()) page_(*directory_, std::exchange(entries_, {}));
}

} // namespace argosy::s3
