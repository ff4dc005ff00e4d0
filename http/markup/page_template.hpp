#pragma once

#include <string>
#include <string_view>

#include "http/listing_page.hpp"
#include "http/markup/syntax.hpp"

namespace argosy::markup {

/// A page of one's own for folders that are served: --rc-template. Immutable: any thread.
class page_template {
public:
  /// Throws failure(other) with the line and what is wrong with it.
  explicit page_template(std::string_view text);
  /// From a file. Throws failure(other), also when it cannot be read.
  static page_template load(const std::string& path);
  /// Throws failure(other): the template asks for what the page does not have.
  std::string render(const listing_page& page) const;

private:
  template_set templates_; // with their escapings
};

} // namespace argosy::markup
