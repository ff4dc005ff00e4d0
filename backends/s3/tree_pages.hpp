#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "backends/lists_trees.hpp"
#include "backends/s3/documents.hpp"
#include "core/name_encoder.hpp"

namespace argosy::s3 {

/// Turns keys into the entries of directories: a directory is there when a key is below it. Names that are
/// empty cannot be shown, nor what is below them.
class tree_pages {
public:
  /// `top`: where the keys begin, in standard form.
  tree_pages(const name_encoder& encoding, std::string top, const lists_trees::tree_sink& page) :
      encoding_(encoding), page_(page) {
    directories_.emplace("", std::move(top));
  }
  /// `rest`: the key of that object below the top. One with a slash at its end marks a directory.
  void add(std::string_view rest, const listed_object& one);
  /// Shows what is held back: after the last object.
  void flush();

private:
  /// The directory of keys that begin like this, made known where it is new; null: it has no name.
  const std::string* enter(const std::string& keys);

  const name_encoder& encoding_;
  const lists_trees::tree_sink& page_;
  std::unordered_map<std::string, std::string> directories_; // standard form by how their keys begin
  std::string keys_;                                         // of the directory below
  const std::string* directory_ = nullptr;
  listing entries_; // there
  bool begun_ = false;
};

} // namespace argosy::s3
