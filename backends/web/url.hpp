#pragma once

#include <optional>
#include <string>
#include <string_view>

/// URLs as Go reads and writes them, for storages behind HTTP.
namespace argosy::web {

struct url_parts {
  std::string scheme;         ///< lower case
  std::string user, password; ///< decoded
  std::string host;           ///< lower case; an IPv6 address in brackets
  std::string port;           ///< empty: that of the scheme
  std::string path;           ///< escaped, begins with '/'
  std::string query;          ///< escaped, without '?'

  /// `host:port`, as in a Host header.
  std::string authority() const { return port.empty() ? host : host + ":" + port; }
};

/// Nothing for a text that is no absolute URL. Spaces and bytes above 0x7f are taken as if they were escaped.
std::optional<url_parts> parse_url(const std::string& text);
/// The same; throws failure(other) `parse "x": ...`.
url_parts require_url(const std::string& text);
/// Without credentials, query and fragment: for logs, errors and the ledger.
std::string shown_url(const std::string& text);
/// The absolute URL that `reference` means on a page at `base` (RFC 3986 5.2). Nothing when it means none.
std::optional<std::string> join_url(const std::string& base, const std::string& reference);

/// A path as Go's url.URL shows it: `$&+,/:;=@` stay beside letters, digits and `-_.~`.
std::string escape_path(std::string_view path);
/// The same, but of punctuation only `/` and `-_.~` stay.
std::string escape_path_strictly(std::string_view path);
/// %XX becomes a byte; what is no escape stays.
std::string unescape(std::string_view text);

} // namespace argosy::web
